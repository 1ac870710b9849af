import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dashboardOf, type Scope, type TowerInventory } from '../../examples/dashboard-figures.ts';

function fixture<Content>(name: string): Content {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/cloudtower/${name}.json`, import.meta.url), 'utf8'),
  ) as Content;
}

const inventory: TowerInventory = {
  clusters: fixture('get-clusters'),
  hosts: fixture('get-hosts'),
  disks: fixture('get-disks'),
  alerts: fixture('get-alerts'),
};
const expected = fixture<Record<string, unknown>>('expected-dashboard');

describe('the dashboard', () => {
  it.each<[string, Scope]>([
    ['all', {}],
    ['datacenter_DC-East', { datacenter: 'DC-East' }],
    ['cluster_elf-prod', { cluster: 'elf-prod' }],
    ['cluster_zbs-block', { cluster: 'zbs-block' }],
  ])('has the expected figures of %s', (name, scope) => {
    expect(dashboardOf(inventory, scope)).toEqual(expected[name]);
  });

  it('divides by nothing', () => {
    const empty = { clusters: [{ id: 'c', type: 'SMTX_ELF' }], hosts: [], disks: [], alerts: [] };
    expect(dashboardOf(empty)).toMatchObject({
      cpu: { usage_percent: null },
      memory: { usage_percent: null },
    });
  });

  it('sees a RAID that failed, and an alert of the tower itself in the whole tower only', () => {
    const [disk] = inventory.disks.filter(({ type }) => type === 'HDD');
    const more = {
      ...inventory,
      disks: [{ ...disk, id: 'raid', health_status: 'SOFTWARE_RAID_FAILURE' }],
      alerts: [{ id: 'a', severity: 'INFO', ended: false, cluster: null }],
    };
    expect(dashboardOf(more)).toMatchObject({ hdd: { error: 1 }, alerts: { info: 1 } });
    expect(dashboardOf(more, { cluster: 'elf-prod' })).toMatchObject({ alerts: { info: 0 } });
  });
});
