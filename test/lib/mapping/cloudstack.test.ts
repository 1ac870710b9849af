import { expect, it } from 'vitest';
import { loadMapping } from '../../../lib/mapping/load.ts';
import text from '../../../mappings/cloudstack.yaml';

const mapping = loadMapping(text, 'mappings/cloudstack.yaml');

const hours = 2;
const second = 3600;
const size = 5_368_709_120;

/** Two hours, or two bytes, or two operations of each kind: metric, unit, result. */
it.each([
  ['RUNNING_VM', 'vm-running-time', 's', hours * second],
  ['RUNNING_VM', 'vm-running-vcpu-time', 's', hours * second * 4],
  ['RUNNING_VM', 'vm-running-memory-time', 'B.s', hours * second * 2048 * 1024 * 1024],
  ['ALLOCATED_VM', 'vm-allocated-time', 's', hours * second],
  ['IP_ADDRESS', 'ip-allocated-time', 's', hours * second],
  ['NETWORK_BYTES_SENT', 'network-out', 'B', 2],
  ['NETWORK_BYTES_RECEIVED', 'network-in', 'B', 2],
  ['VOLUME', 'volume-allocated-time', 's', hours * second],
  ['VOLUME', 'volume-size-time', 'B.s', hours * second * size],
  ['TEMPLATE', 'template-size-time', 'B.s', hours * second * size],
  ['ISO', 'iso-size-time', 'B.s', hours * second * size],
  ['SNAPSHOT', 'snapshot-size-time', 'B.s', hours * second * size],
  ['SECURITY_GROUP', 'security-group-time', 's', hours * second],
  ['LOAD_BALANCER_POLICY', 'load-balancer-policy-time', 's', hours * second],
  ['PORT_FORWARDING_RULE', 'port-forwarding-rule-time', 's', hours * second],
  ['NETWORK_OFFERING', 'network-offering-time', 's', hours * second],
  ['VPN_USERS', 'vpn-users-time', 's', hours * second],
  ['VM_DISK_IO_READ', 'disk-read-ops', '1', 2],
  ['VM_DISK_IO_WRITE', 'disk-write-ops', '1', 2],
  ['VM_DISK_BYTES_READ', 'disk-read', 'B', 2],
  ['VM_DISK_BYTES_WRITE', 'disk-write', 'B', 2],
  ['VM_SNAPSHOT', 'vm-snapshot-size-time', 'B.s', hours * second * size],
  ['VOLUME_SECONDARY', 'volume-secondary-time', 's', hours * second],
  ['VM_SNAPSHOT_ON_PRIMARY', 'vm-snapshot-on-primary-size-time', 'B.s', hours * second * size],
  ['BACKUP', 'backup-size-time', 'B.s', hours * second * size],
  ['BACKUP_BYTES', 'backup-size', 'B', 2],
  ['BUCKET', 'bucket-size', 'B', 2],
  ['NETWORK', 'network-time', 's', hours * second],
  ['VPC', 'vpc-time', 's', hours * second],
])('%s gives %s in %s', (kind, metric, unit, result) => {
  const entry = mapping.forKind(kind).find(({ name }) => name === metric);
  expect(entry?.unit).toBe(unit);
  expect(entry?.convert({ value: '2.000000', cpunumber: 4, memory: 2048, size })).toBe(result);
});

it('holds nothing else, and no counters', () => {
  expect(mapping.entries).toHaveLength(29);
  expect(mapping.entries.filter(({ counter }) => counter)).toEqual([]);
});

it('gives no metric where the field that it needs is absent', () => {
  const results = mapping
    .forKind('RUNNING_VM')
    .map((entry) => entry.convert({ value: 1, cpunumber: null, memory: null }));
  expect(results).toEqual([3600, null, null]);
});

it('gives a metric one unit', () => {
  const units = new Map(mapping.entries.map(({ name, unit }) => [name, unit]));
  for (const { name, unit } of mapping.entries) expect(units.get(name)).toBe(unit);
});
