import * as z from 'zod';

/**
 * The wire, as far as we read it. Servers send every key and null for what has no value; older ones lack the newer
 * keys, newer ones know words that we do not (sheet 2.5): only the id must be there, and no word is refused.
 */
const text = z.string().nullish();
const number = z.number().nullish();
const flag = z.boolean().nullish();
const stub = z.looseObject({ id: z.string(), name: text }).nullish();
const stubs = z.array(z.looseObject({ id: z.string(), name: text })).nullish();
const labels = z.array(z.looseObject({ id: z.string(), key: text, value: text })).nullish();
const recycleBin = z.looseObject({ enabled: flag, retain: number }).nullish();
const base = { id: z.string().min(1), local_id: text, name: text, entityAsyncStatus: text };

export const towerVm = z.looseObject({
  ...base,
  description: text,
  status: text,
  vcpu: number,
  memory: number,
  host: stub,
  cluster: stub,
  folder: stub,
  labels,
  vm_disks: stubs,
  os: text,
  guest_os_type: text,
  hostname: text,
  /** Separated by commas; some releases give a list. */
  ips: z.union([z.string(), z.array(z.string())]).nullish(),
  vm_tools_status: text,
  in_recycle_bin: flag,
  original_name: text,
  deleted_at: text,
  internal: flag,
  vm_usage: text,
  internal_product: text,
  local_created_at: text,
  last_shutdown_time: text,
});
export type TowerVm = z.output<typeof towerVm>;

export const towerVolume = z.looseObject({
  ...base,
  size: number,
  elf_storage_policy: text,
  type: text,
  mounting: flag,
  sharing: flag,
  cluster: stub,
  labels,
  vm_disks: stubs,
  local_created_at: text,
});
export type TowerVolume = z.output<typeof towerVolume>;

/** A link between a machine and a volume: its id is another after every synchronisation (sheet 2.6). */
export const towerDisk = z.looseObject({ id: z.string(), vm: stub, vm_volume: stub, type: text });
export type TowerDisk = z.output<typeof towerDisk>;

export const towerNic = z.looseObject({
  id: z.string(),
  vm: stub,
  vlan: stub,
  ip_address: text,
  mac_address: text,
  guest_info_ip_addresses: z.array(z.string()).nullish(),
});
export type TowerNic = z.output<typeof towerNic>;

export const towerHost = z.looseObject({
  ...base,
  cluster: stub,
  status: text,
  state: text,
  merged_status: text,
  management_ip: text,
  data_ip: text,
  total_cpu_cores: number,
  total_cpu_hz: number,
  cpu_hz_per_core: number,
  total_memory_bytes: number,
  os_memory_bytes: number,
  running_pause_vm_memory_bytes: number,
  total_data_capacity: number,
  os_version: text,
  labels,
});
export type TowerHost = z.output<typeof towerHost>;

export const towerCluster = z.looseObject({
  ...base,
  type: text,
  hypervisor: text,
  architecture: text,
  version: text,
  connect_state: text,
  disconnected_date: text,
  disconnected_reason: text,
  datacenters: stubs,
  total_cpu_cores: number,
  total_cpu_hz: number,
  used_cpu_hz: number,
  total_memory_bytes: number,
  used_memory_bytes: number,
  total_data_capacity: number,
  used_data_space: number,
  failure_data_space: number,
  labels,
});
export type TowerCluster = z.output<typeof towerCluster>;

export const towerDatacenter = z.looseObject({ ...base, organization: stub });
export type TowerDatacenter = z.output<typeof towerDatacenter>;

export const towerLabel = z.looseObject({ id: z.string(), key: text, value: text });
export type TowerLabel = z.output<typeof towerLabel>;

export const towerVlan = z.looseObject({
  ...base,
  vlan_id: number,
  network_ids: z.array(z.string()).nullish(),
  mode_type: text,
  type: text,
  vds: stub,
  gateway_ip: text,
  subnetmask: text,
  labels,
});
export type TowerVlan = z.output<typeof towerVlan>;

export const towerVds = z.looseObject({ ...base, cluster: stub, internal: flag });

export const towerPhysicalDisk = z.looseObject({
  ...base,
  host: stub,
  type: text,
  health_status: text,
  usage_status: text,
});
export type TowerPhysicalDisk = z.output<typeof towerPhysicalDisk>;

export const towerAlert = z.looseObject({
  id: z.string(),
  severity: text,
  ended: flag,
  message: text,
  cluster: stub,
  local_start_time: text,
  local_create_time: text,
});
export type TowerAlert = z.output<typeof towerAlert>;

export const towerTask = z.looseObject({
  id: z.string(),
  status: text,
  error_code: text,
  error_message: text,
  description: text,
});

export const towerAudit = z.looseObject({
  id: z.string(),
  action: text,
  status: text,
  resource_id: text,
  resource_type: text,
  createdAt: text,
  finished_at: text,
});
export type TowerAudit = z.output<typeof towerAudit>;

export const towerSettings = z.looseObject({ id: z.string(), cluster: stub, vm_recycle_bin: recycleBin });
export type TowerSettings = z.output<typeof towerSettings>;
