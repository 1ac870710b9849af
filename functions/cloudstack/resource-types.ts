import * as z from 'zod';

const text = z.string().nullish();
const amount = z.number().nullish();
const flag = z.boolean().nullish();

/**
 * What all rows have in common (sheet 6.2). The server leaves out what has no value, and newer releases add
 * fields: only the id has to be there.
 */
const row = {
  id: z.string().min(1),
  name: text,
  created: text,
  zoneid: text,
  zonename: text,
  account: text,
  project: text,
  projectid: text,
  domain: text,
  domainid: text,
  domainpath: text,
  tags: z.array(z.looseObject({ key: z.string(), value: text })).nullish(),
};

const nic = z.looseObject({
  networkid: text,
  networkname: text,
  ipaddress: text,
  ip6address: text,
  macaddress: text,
  isdefault: flag,
  secondaryip: z.array(z.looseObject({ ipaddress: text })).nullish(),
});

export const cloudStackMachine = z.looseObject({
  ...row,
  displayname: text,
  instancename: text,
  state: text,
  hypervisor: text,
  arch: text,
  hostid: text,
  hostname: text,
  userid: text,
  group: text,
  templateid: text,
  templatename: text,
  isoid: text,
  isoname: text,
  guestosid: text,
  ostypeid: text,
  osdisplayname: text,
  serviceofferingid: text,
  serviceofferingname: text,
  diskofferingid: text,
  diskofferingname: text,
  /** MHz. */
  cpuspeed: amount,
  cpunumber: amount,
  /** MiB. */
  memory: amount,
  publicip: text,
  nic: z.array(nic).nullish(),
});

export const cloudStackVolume = z.looseObject({
  ...row,
  type: text,
  state: text,
  /** Bytes, as provisioned. */
  size: amount,
  maxiops: amount,
  /** Absent: not encrypted. */
  encryptformat: text,
  virtualmachineid: text,
  diskofferingid: text,
  diskofferingname: text,
  serviceofferingid: text,
  storagetype: text,
  storage: text,
  provisioningtype: text,
  snapshotid: text,
  templateid: text,
});

export const cloudStackNetwork = z.looseObject({
  ...row,
  displaytext: text,
  type: text,
  traffictype: text,
  state: text,
  cidr: text,
  gateway: text,
  ip6cidr: text,
  vpcid: text,
  networkofferingid: text,
  networkofferingname: text,
  networkdomain: text,
  acltype: text,
});

export const cloudStackRouter = z.looseObject({
  ...row,
  state: text,
  role: text,
  redundantstate: text,
  version: text,
  hypervisor: text,
  hostid: text,
  publicip: text,
  guestnetworkid: text,
  vpcid: text,
  serviceofferingid: text,
  serviceofferingname: text,
  templateid: text,
  nic: z.array(nic).nullish(),
});

export const cloudStackBalancer = z.looseObject({
  ...row,
  state: text,
  algorithm: text,
  protocol: text,
  publicip: text,
  publicipid: text,
  publicport: text,
  privateport: text,
  networkid: text,
});

export const cloudStackHost = z.looseObject({
  ...row,
  type: text,
  state: text,
  resourcestate: text,
  hypervisor: text,
  version: text,
  clusterid: text,
  clustername: text,
  podid: text,
  podname: text,
  cpunumber: amount,
  /** MHz of one core. */
  cpuspeed: amount,
  /** Bytes. */
  memorytotal: amount,
  /** Bytes. */
  disksizetotal: amount,
});

export const cloudStackZone = z.looseObject({
  ...row,
  allocationstate: text,
  networktype: text,
  type: text,
  capacity: z.array(z.looseObject({ type: z.number(), capacitytotal: amount })).nullish(),
});

export const cloudStackOffering = z.looseObject({
  ...row,
  displaytext: text,
  state: text,
  iscustomized: flag,
  cpunumber: amount,
  /** MHz. */
  cpuspeed: amount,
  /** MiB. */
  memory: amount,
  /** GiB. */
  disksize: amount,
  storagetype: text,
  provisioningtype: text,
});

export const cloudStackSystemVm = z.looseObject({
  ...row,
  state: text,
  agentstate: text,
  systemvmtype: text,
});

export const cloudStackAlert = z.looseObject({
  id: z.string().min(1),
  type: z.number().int(),
  name: text,
  description: text,
  sent: z.string(),
});

export const cloudStackEvent = z.looseObject({
  id: z.string().min(1),
  type: z.string().min(1),
  level: text,
  description: text,
  created: z.string(),
});

export type CloudStackMachine = z.output<typeof cloudStackMachine>;
export type CloudStackVolume = z.output<typeof cloudStackVolume>;
export type CloudStackNetwork = z.output<typeof cloudStackNetwork>;
export type CloudStackRouter = z.output<typeof cloudStackRouter>;
export type CloudStackBalancer = z.output<typeof cloudStackBalancer>;
export type CloudStackHost = z.output<typeof cloudStackHost>;
export type CloudStackZone = z.output<typeof cloudStackZone>;
export type CloudStackOffering = z.output<typeof cloudStackOffering>;
export type CloudStackEvent = z.output<typeof cloudStackEvent>;
