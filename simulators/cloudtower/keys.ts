/**
 * Every key that a row of each sort has: real servers send all of them, null for what has no value (sheet 2.5). Some
 * are never null; those of which the simulator knows nothing have a value that says so.
 */

/** A row with all its keys; what is not given is null. */
export function whole(
  keys: readonly string[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { ...Object.fromEntries(keys.map((key) => [key, null])), ...given };
}

function keys(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

export const vmKeys = keys(
  'anti_malware_enabled backup_plans bios_uuid clock_offset cloud_init_supported cluster cpu cpu_model',
  'cpu_usage deleted_at description dns_servers dpi_enabled entityAsyncStatus entity_filter_results',
  'firmware folder gpu_devices guest_cpu_model guest_os_type guest_size_usage guest_used_size ha',
  'ha_priority host hostname id in_recycle_bin internal internal_product internal_product_name',
  'io_policy ips isolation_policy kernel_info labels last_shutdown_time local_created_at local_id',
  'logical_size_bytes max_bandwidth max_bandwidth_policy max_iops max_iops_policy memory memory_usage',
  'name nested_virtualization node_ip original_name os out_uninstall_usb pci_nics protected',
  'provisioned_size size snapshot_plan snapshots status unique_logical_size unique_size usb_devices',
  'used_size used_size_usage vcpu video_type vm_disks vm_nics vm_placement_group vm_tools_status',
  'vm_tools_version vm_usage win_opt',
);

export const volumeKeys = keys(
  'cluster description elf_storage_policy elf_storage_policy_ec_k elf_storage_policy_ec_m',
  'elf_storage_policy_replica_num elf_storage_policy_stripe_num elf_storage_policy_thin_provision',
  'entityAsyncStatus guest_size_usage guest_used_size id labels local_created_at local_id lun mounting',
  'name path resident_in_cache sharing size type unique_logical_size unique_size used_size',
  'used_size_usage vm_disks',
);

export const diskLinkKeys = keys(
  'boot bus cloud_init_image_name cloud_init_image_path device disabled elf_image id key max_bandwidth',
  'max_bandwidth_policy max_iops max_iops_policy serial svt_image type unsafe_image_path',
  'unsafe_image_uuid unsafe_provision vm vm_volume',
);

export const nicKeys = keys(
  'dpi_enabled egress_rate_limit_burst_in_bit egress_rate_limit_enabled',
  'egress_rate_limit_max_rate_in_bitps enabled gateway guest_info_ip_addresses',
  'guest_info_ip_addresses_v6 id ingress_rate_limit_burst_in_bit ingress_rate_limit_enabled',
  'ingress_rate_limit_max_rate_in_bitps interface_id ip_address local_id mac_address mirror model nic',
  'order subnet_mask type vlan vm vpc_nic',
);

export const hostKeys = keys(
  'access_ip allocable_cpu_cores_for_vm_exclusive allocatable_memory_bytes allocated_prioritized_space',
  'allocated_prioritized_space_usage chunk_id cluster commited_memory_bytes compatible_cpu_models',
  'connect_status cpu_brand cpu_fan_speed cpu_fan_speed_unit cpu_hz_per_core cpu_model',
  'cpu_temperature_celsius cpu_vendor data_ip dirty_cache_space dirty_cache_usage disk_pools disks',
  'downgraded_prioritized_space entityAsyncStatus failure_cache_space failure_data_space gpu_devices',
  'hdd_data_capacity hdd_disk_count host_state hypervisor_ip id iommu ipmi is_os_in_raid1 labels',
  'local_id lsm_cap_disk_safe_umount management_ip merged_status model name nested_virtualization',
  'nic_count nics node_topo_local_id os_memory_bytes os_version perf_allocated_data_space',
  'perf_failure_data_space perf_total_data_capacity perf_used_data_space perf_valid_data_space',
  'planned_prioritized_space pmem_dimm_capacity pmem_dimm_count pmem_dimms pmem_disk_count',
  'prio_space_percentage provisioned_cpu_cores provisioned_memory_bytes running_pause_vm_memory_bytes',
  'running_vm_num scvm_cpu scvm_memory scvm_name serial ssd_data_capacity ssd_disk_count state status',
  'stopped_vm_num suspended_vm_num total_cache_capacity total_cpu_cores total_cpu_hz total_cpu_sockets',
  'total_data_capacity total_memory_bytes usb_devices used_cache_space used_cpu_hz used_data_space',
  'used_memory_bytes valid_cache_space valid_free_cache_space vm_num vmotion_ip vms vsphereEsxiAccount',
  'with_faster_ssd_as_cache zone',
);

export const clusterKeys = keys(
  'access_write_compress_enabled allocated_prioritized_space allocated_prioritized_space_usage',
  'application_highest_version applications architecture auto_converge commited_memory_bytes',
  'connect_state consistency_groups current_cpu_model data_reduction_ratio data_reduction_saving',
  'datacenters dirty_cache_space dirty_cache_usage disconnected_date disconnected_reason dns',
  'downgraded_prioritized_space ecp_license enable_tiering entityAsyncStatus everoute_cluster',
  'failure_cache_space failure_data_space has_metrox host_num hosts hypervisor id ip is_all_flash',
  'iscsi_vip labels license_expire_date license_serial license_sign_date license_type local_id',
  'logical_used_data_space maintenance_end_date maintenance_start_date management_vip max_chunk_num',
  'max_physical_data_capacity max_physical_data_capacity_per_node metro_availability_checklist',
  'mgt_gateway mgt_netmask migration_data_size migration_speed name no_performance_layer ntp_mode',
  'ntp_servers nvme_over_rdma_enabled nvme_over_tcp_enabled nvmf_enabled overall_efficiency',
  'perf_allocated_data_space perf_failure_data_space perf_total_data_capacity perf_used_data_space',
  'perf_valid_data_space planned_prioritized_space pmem_enabled prio_space_percentage',
  'provisioned_cpu_cores provisioned_cpu_cores_for_active_vm provisioned_for_active_vm_ratio',
  'provisioned_memory_bytes provisioned_ratio rdma_enabled recommended_cpu_models recover_data_size',
  'recover_speed replica_capacity_only reserved_cpu_cores_for_system_service running_vm_num settings',
  'software_edition stopped_vm_num stretch suspended_vm_num total_cache_capacity total_cpu_cores',
  'total_cpu_hz total_cpu_models total_cpu_sockets total_data_capacity total_memory_bytes',
  'total_prio_volume_size total_prio_volume_size_usage type upgrade_for_tiering upgrade_tool_version',
  'used_cache_space used_cpu_hz used_data_space used_memory_bytes valid_cache_space valid_data_space',
  'vcenterAccount vdses version vhost_enabled vm_folders vm_num vm_templates vms witness zones',
);

export const vlanKeys = keys(
  'entityAsyncStatus gateway_ip gateway_subnetmask id labels local_id mode_type name network_ids',
  'qos_burst qos_max_bandwidth qos_min_bandwidth qos_priority subnetmask type vds vlan_id vm_nics',
);

export const vdsKeys = keys(
  'bond_mode cluster entityAsyncStatus everoute_cluster id internal labels local_id name nics',
  'ovsbr_name type vlans vlans_num work_mode',
);

export const diskKeys = keys(
  'entityAsyncStatus failure_information firmware function health_status healthy host id labels',
  'local_id model mounted name numa_node offline partitions path persistent_memory_type',
  'physical_slot_on_brick pmem_dimms recommended_usage remaining_life_percent serial size type usage',
  'usage_status',
);

export const alertKeys = keys(
  'alert_rule cause cluster create_time disk ended host id impact labels local_create_time',
  'local_end_time local_id local_start_time local_update_time message severity solution threshold value',
  'vms',
);

export const taskKeys = keys(
  'args cluster description error_code error_message finished_at id internal key local_created_at',
  'progress resource_id resource_mutation resource_rollback_error resource_rollback_retry_count',
  'resource_rollbacked resource_type snapshot started_at status steps type user',
);

export const labelKeys = keys(
  'cluster_num clusters consistency_group_num consistency_group_snapshot_num',
  'consistency_group_snapshots consistency_groups content_library_image_num content_library_images',
  'content_library_vm_template_num content_library_vm_templates createdAt datacenter_num datacenters',
  'disk_num disks elf_image_num elf_images gpu_device_num gpu_devices host_num hosts id iscsi_lun_num',
  'iscsi_lun_snapshot_num iscsi_lun_snapshots iscsi_luns iscsi_target_num iscsi_targets',
  'isolation_policies isolation_policy_num key namespace_group_num namespace_groups nfs_export_num',
  'nfs_exports nfs_inode_num nfs_inodes nic_num nics nvmf_namespace_num nvmf_namespace_snapshot_num',
  'nvmf_namespace_snapshots nvmf_namespaces nvmf_subsystem_num nvmf_subsystems security_policies',
  'security_policy_num system_vlan_num total_num value vds_num vdses vlans vm_num vm_snapshot_num',
  'vm_snapshots vm_template_num vm_templates vm_vlan_num vm_volume_num vm_volume_snapshot_num',
  'vm_volume_snapshots vm_volumes vms',
);

export const auditKeys = keys(
  'action auth_type cluster createdAt finished_at id ip_address message resource_id resource_type',
  'started_at status user username',
);

export const datacenterKeys = keys(
  'cluster_num clusters failure_data_space host_num id labels name organization total_cpu_hz',
  'total_data_capacity total_memory_bytes used_cpu_hz used_data_space used_memory_bytes vm_num',
);

export const folderKeys = keys('cluster id local_id name vm_num vms');

export const snapshotKeys = keys(
  'clock_offset cluster consistent_type cpu cpu_model description entityAsyncStatus firmware ha',
  'ha_priority id io_policy labels local_created_at local_id max_bandwidth max_bandwidth_policy',
  'max_iops max_iops_policy memory name size snapshot_group vcpu vm vm_disks vm_nics win_opt',
);
