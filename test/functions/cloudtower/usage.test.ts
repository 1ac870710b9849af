import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folded } from '../../../functions/cloudtower/fold.ts';
import { type Memory, trimmed } from '../../../functions/cloudtower/memory.ts';
import { trustedDistance } from '../../../functions/cloudtower/observe.ts';
import { packed, readMemory, withSettled } from '../../../functions/cloudtower/packed.ts';
import { purgeTimes } from '../../../functions/cloudtower/recycle-bin.ts';
import type {
  MachineState,
  Sample,
  ThingSample,
  TowerEvent,
  VolumeState,
} from '../../../functions/cloudtower/sample.ts';
import { usageOf } from '../../../functions/cloudtower/usage.ts';
import { DAY, HOUR, type Interval, MINUTE, type Millis } from '../../../lib/time.ts';

const RUNNING: MachineState = { status: 'RUNNING', vcpu: 2, memory: 4096, bin: false };
const STOPPED: MachineState = { ...RUNNING, status: 'STOPPED' };
const TRUSTED = 4 * HOUR;
const place = { cluster: 'c', location: null, tenant: null, attributes: {} };

const vm = (
  state: MachineState,
  more: Partial<ThingSample<MachineState>> = {},
): ThingSample<MachineState> => ({
  id: 'vm',
  about: { id: 'tower-vm', ...place },
  state,
  createdAt: -DAY,
  ...more,
});
const volume = (size: number, more: Partial<ThingSample<VolumeState>> = {}): ThingSample<VolumeState> => ({
  id: 'vol',
  about: { id: 'tower-vol', ...place, machines: ['vm'] },
  state: { size },
  createdAt: -DAY,
  ...more,
});
const event = (at: Millis, action: string, id = 'tower-vm'): TowerEvent => ({ at, action, id });

function sample(at: Millis, more: Partial<Sample> = {}): Sample {
  const cluster = {
    id: 'c',
    name: 'elf',
    connected: true,
    disconnectedAt: null,
    location: null,
    tenant: null,
  };
  return { at, clusters: [cluster], machines: [], volumes: [], events: [], ...more };
}
const frozen = (at: Millis, disconnectedAt: Millis | null, more: Partial<Sample> = {}): Sample => {
  const all = sample(at, more);
  return { ...all, clusters: all.clusters.map((one) => ({ ...one, connected: false, disconnectedAt })) };
};

function remembered(...samples: readonly Sample[]): Memory {
  const memory = samples.reduce<Memory | null>((before, one) => folded(before, one, TRUSTED), null);
  if (memory === null) throw new Error('no sample');
  return memory;
}

/** The records of an hour as `kind from-to: what`, in minutes. */
function told(memory: Memory, hour = 0): string[] {
  const cell = { start: hour * HOUR, end: (hour + 1) * HOUR };
  return usageOf(memory, cell).records.map(({ kind, period, variables }) => {
    const minutes = (at: Millis) => (at - cell.start) / MINUTE;
    const { running, size, vcpu } = variables;
    const what = kind === 'volume' ? size : running === null ? '?' : running ? `on ${vcpu}` : 'off';
    return `${kind} ${minutes(period.start)}-${minutes(period.end)}: ${what}`;
  });
}
const gapsOf = (memory: Memory, hour = 0) =>
  usageOf(memory, { start: hour * HOUR, end: (hour + 1) * HOUR }).gaps.map(
    ({ start, end }) => `${(start - hour * HOUR) / MINUTE}-${(end - hour * HOUR) / MINUTE}`,
  );
const findings = (memory: Memory) =>
  usageOf(memory, { start: 0, end: HOUR }).findings.map(
    ({ what, millis = 0 }) => `${/^the (\w+)/.exec(what)?.[1] ?? 'existence'} ${millis / MINUTE}`,
  );

describe('between two samples', () => {
  it('that agree it was that', () => {
    const memory = remembered(
      sample(0, { machines: [vm(RUNNING)] }),
      sample(HOUR, { machines: [vm(RUNNING)] }),
    );
    expect([told(memory), gapsOf(memory)]).toEqual([['vm 0-60: on 2'], []]);
  });

  it.each<[string, TowerEvent[], Partial<ThingSample<MachineState>>, string[]]>([
    ['a stop through the tower', [event(20 * MINUTE, 'STOP_VM')], {}, ['vm 0-20: on 2', 'vm 20-60: off']],
    ['a shutdown from inside', [], { shutDownAt: 30 * MINUTE }, ['vm 0-30: on 2', 'vm 30-60: off']],
    ['nothing', [], {}, ['vm 0-60: ?']],
    [
      'a stop, a start and a stop',
      [event(10 * MINUTE, 'STOP_VM'), event(20 * MINUTE, 'START_VM'), event(50 * MINUTE, 'STOP_VM')],
      {},
      ['vm 0-10: on 2', 'vm 10-20: off', 'vm 20-50: on 2', 'vm 50-60: off'],
    ],
    [
      'a start of what ran, so that it had stopped unseen',
      [event(30 * MINUTE, 'START_VM'), event(40 * MINUTE, 'STOP_VM')],
      {},
      ['vm 0-30: ?', 'vm 30-40: on 2', 'vm 40-60: off'],
    ],
    [
      'a start right after it was seen running, so that it may have stopped unseen',
      [event(MINUTE, 'START_VM'), event(40 * MINUTE, 'STOP_VM')],
      { shutDownAt: 40 * MINUTE },
      ['vm 0-1: ?', 'vm 1-40: on 2', 'vm 40-60: off'],
    ],
    ['events of another machine', [event(20 * MINUTE, 'STOP_VM', 'other')], {}, ['vm 0-60: ?']],
  ])('that differ, %s tells', (_, events, more, expected) => {
    const memory = remembered(
      sample(0, { machines: [vm(RUNNING)] }),
      sample(HOUR, { machines: [vm(STOPPED, more)], events }),
    );
    expect(told(memory)).toEqual(expected);
  });

  it('an edit tells when its size changed; without one the size is not known, and said', () => {
    const larger = { ...RUNNING, vcpu: 8 };
    const with1 = (events: TowerEvent[] | null) =>
      remembered(sample(0, { machines: [vm(RUNNING)] }), sample(HOUR, { machines: [vm(larger)], events }));
    expect(told(with1([event(15 * MINUTE, 'EDIT_VM')]))).toEqual(['vm 0-15: on 2', 'vm 15-60: on 8']);
    expect(told(with1([event(15 * MINUTE, 'EDIT_VM'), event(45 * MINUTE, 'EDIT_VM')]))).toEqual([
      'vm 0-15: on 2',
      'vm 15-45: on null',
      'vm 45-60: on 8',
    ]);
    expect(told(with1(null))).toEqual(['vm 0-60: on null']);
    expect(findings(with1(null))).toEqual(['vcpu 60']);
  });

  it('that agree, two edits may have changed what they agree on, and back: that is not known, and said', () => {
    const with1 = (...events: TowerEvent[]) =>
      remembered(
        sample(0, { machines: [vm(RUNNING)], volumes: [volume(5)] }),
        sample(HOUR, { machines: [vm(RUNNING)], volumes: [volume(5)], events }),
      );
    const twice = with1(event(15 * MINUTE, 'EDIT_VM'), event(45 * MINUTE, 'EDIT_VM'));
    expect(told(twice)).toEqual(['vm 0-15: on 2', 'vm 15-45: on null', 'vm 45-60: on 2', 'volume 0-60: 5']);
    expect(findings(twice)).toEqual(['vcpu 30', 'memory 30']);
    const resized = ['EDIT_VM_VOLUME', 'UPDATE_VM_VOLUME'].map((action, at) =>
      event((10 + 20 * at) * MINUTE, action, 'tower-vol'),
    );
    expect(told(with1(...resized)).slice(1)).toEqual([
      'volume 0-10: 5',
      'volume 10-30: null',
      'volume 30-60: 5',
    ]);
    expect(findings(with1(event(15 * MINUTE, 'EDIT_VM')))).toEqual([]);
  });

  it('a machine is allocated since it was made, and runs as far as the audit tells', () => {
    const born = (events: TowerEvent[] | null) =>
      remembered(sample(0), sample(HOUR, { machines: [vm(RUNNING, { createdAt: 10 * MINUTE })], events }));
    const started = [event(10 * MINUTE, 'CREATE_VM'), event(15 * MINUTE, 'START_VM')];
    expect(told(born(started))).toEqual(['vm 10-15: off', 'vm 15-60: on 2']);
    expect(told(born(null))).toEqual(['vm 10-60: ?']);
  });

  it('a machine and its volume end with the deletion; without one nothing is told', () => {
    const gone = (events: TowerEvent[] | null) =>
      remembered(sample(0, { machines: [vm(STOPPED)], volumes: [volume(5)] }), sample(HOUR, { events }));
    expect(told(gone([event(40 * MINUTE, 'DELETE_VM')]))).toEqual(['vm 0-40: off', 'volume 0-40: 5']);
    expect(told(gone(null))).toEqual([]);
    expect(findings(gone(null))).toEqual(['existence 60', 'existence 60']);
  });

  it('a machine in the recycle bin is allocated until it is purged', () => {
    const binned = vm({ ...STOPPED, bin: true }, { deletedAt: -DAY, purgeAt: 59 * MINUTE });
    const memory = remembered(sample(0, { machines: [binned] }), sample(2 * HOUR, { events: null }));
    expect(told(memory)).toEqual(['vm 0-59: off']);
    expect(told(memory, 1)).toEqual([]);
  });

  it('a volume that outlives its machine goes on', () => {
    const memory = remembered(
      sample(0, { machines: [vm(STOPPED)], volumes: [volume(5)] }),
      sample(HOUR, { volumes: [volume(5)], events: [event(MINUTE, 'DELETE_VM')] }),
    );
    expect(told(memory)).toEqual(['vm 0-1: off', 'volume 0-60: 5']);
  });
});

describe('what no sample shows, but the audit names,', () => {
  const between = (events: TowerEvent[], more: Partial<Sample> = {}, last: Partial<Sample> = more) =>
    remembered(sample(0, more), sample(HOUR, { ...last, events }));
  const unseen = (memory: Memory) => usageOf(memory, { start: 0, end: HOUR }).findings;
  const sometime = (sort: string) => `a ${sort} came or went between two samples, nothing tells when`;
  const one = { machines: [vm(STOPPED)], volumes: [volume(5)] };

  it.each<[string, TowerEvent[], Interval[]]>([
    [
      'with its making and its deletion',
      [event(10 * MINUTE, 'CREATE_VM', 'x'), event(30 * MINUTE, 'DELETE_VM', 'x')],
      [{ start: 10, end: 30 }],
    ],
    ['with its making alone', [event(10 * MINUTE, 'CREATE_VM', 'x')], [{ start: 10, end: 60 }]],
    ['with its deletion alone', [event(30 * MINUTE, 'DELETE_VM', 'x')], [{ start: 0, end: 30 }]],
    ['as what may be a template', [event(30 * MINUTE, 'CREATE_VM_FROM_TEMPLATE', 'x')], []],
    ['as one that is known', [event(30 * MINUTE, 'CREATE_VM')], []],
    ['in nothing but a stop', [event(30 * MINUTE, 'STOP_VM', 'x')], []],
  ])('a machine, %s, is a finding', (_, events, expected) => {
    expect(unseen(between(events, one))).toEqual(
      expected.map(({ start, end }) => ({
        what: sometime('machine'),
        id: 'x',
        millis: (end - start) * MINUTE,
      })),
    );
  });

  it('a volume that was added to a machine and went with it is a finding, whoever of both is named', () => {
    const went = (added: TowerEvent) => unseen(between([added, event(40 * MINUTE, 'DELETE_VM')], one, {}));
    const finding = { what: sometime('volume'), millis: 20 * MINUTE };
    expect(went(event(20 * MINUTE, 'CREATE_VM_DISK'))).toEqual([{ ...finding, id: 'vm' }]);
    expect(went(event(20 * MINUTE, 'CREATE_VM_VOLUME', 'x'))).toEqual([
      { ...finding, id: 'x', millis: 40 * MINUTE },
    ]);
  });

  it('a volume is a finding until its own deletion, when that is told', () => {
    const events = [event(10 * MINUTE, 'CREATE_VM_VOLUME', 'x'), event(15 * MINUTE, 'DELETE_VM_VOLUME', 'x')];
    expect(unseen(between(events, one))).toEqual([{ what: sometime('volume'), id: 'x', millis: 5 * MINUTE }]);
  });

  it('a disk that the sample shows is none', () => {
    const added = volume(7, {
      id: 'new',
      about: { id: 'tower-new', ...place, machines: ['vm'] },
      createdAt: 20 * MINUTE,
    });
    const events = [event(20 * MINUTE, 'CREATE_VM_DISK')];
    const memory = between(events, one, { ...one, volumes: [...one.volumes, added] });
    expect(unseen(memory)).toEqual([]);
    expect(told(memory)).toContain('volume 20-60: 7');
  });

  it('is told once, however often the audit is read again, and no usage is made of it', () => {
    const events = [event(10 * MINUTE, 'CREATE_VM', 'x')];
    const memory = remembered(sample(0), sample(HOUR, { events }), sample(2 * HOUR, { events }));
    expect(unseen(memory)).toHaveLength(1);
    expect(usageOf(memory, { start: HOUR, end: 2 * HOUR })).toEqual({ records: [], gaps: [], findings: [] });
    expect(readMemory(JSON.parse(JSON.stringify(packed(memory))))).toEqual(memory);
  });

  it('is part of the gap where samples lie too far apart', () => {
    const events = [event(10 * MINUTE, 'CREATE_VM', 'x')];
    const memory = remembered(sample(0), sample(5 * HOUR, { events }));
    expect([unseen(memory), gapsOf(memory)]).toEqual([[], ['0-60']]);
  });
});

describe('a gap', () => {
  it('is what lies before the first sample and behind the last', () => {
    const memory = remembered(
      sample(20 * MINUTE, { machines: [vm(RUNNING)] }),
      sample(50 * MINUTE, { machines: [vm(RUNNING)] }),
    );
    expect(told(memory)).toEqual(['vm 20-50: on 2']);
    expect(gapsOf(memory)).toEqual(['0-20', '50-60']);
    expect(usageOf(null, { start: 0, end: HOUR }).gaps).toHaveLength(1);
  });

  it('is what lies between samples too far apart, though they agree', () => {
    const memory = remembered(
      sample(0, { machines: [vm(RUNNING)] }),
      sample(5 * HOUR, { machines: [vm(RUNNING)] }),
      sample(6 * HOUR, { machines: [vm(RUNNING)] }),
    );
    expect([told(memory), gapsOf(memory)]).toEqual([[], ['0-60']]);
    expect([told(memory, 5), gapsOf(memory, 5)]).toEqual([['vm 0-60: on 2'], []]);
  });

  it('begins where a cluster was disconnected, and ends with the first sample after it', () => {
    const machines = [vm(RUNNING)];
    const memory = remembered(
      sample(0, { machines }),
      frozen(40 * MINUTE, 10 * MINUTE, { machines }),
      sample(50 * MINUTE, { machines }),
      sample(HOUR, { machines }),
    );
    expect(told(memory)).toEqual(['vm 0-10: on 2', 'vm 50-60: on 2']);
    expect(gapsOf(memory)).toEqual(['10-50']);
  });

  it('goes back to the last good sample when nobody tells since when', () => {
    const machines = [vm(RUNNING)];
    const memory = remembered(sample(0, { machines }), frozen(40 * MINUTE, null, { machines }));
    expect([told(memory), gapsOf(memory)]).toEqual([[], ['0-60']]);
  });

  it('a sample three hours late still tells what it agrees on', () => {
    expect([trustedDistance(3600), trustedDistance(300)]).toEqual([4 * HOUR, 30 * MINUTE]);
  });
});

describe('what is remembered', () => {
  it('is one stretch, however often a machine is sampled', () => {
    const samples = Array.from({ length: 289 }, (_, at) =>
      sample(at * 5 * MINUTE, { machines: [vm(RUNNING)] }),
    );
    const memory = remembered(...samples);
    expect(memory.machines.vm?.pieces).toHaveLength(1);
    expect(memory.clusters.c?.covered).toHaveLength(1);
    expect(JSON.stringify(packed(memory)).length).toBeLessThan(500);
  });

  it('takes nothing from a sample that is not newer', () => {
    const memory = remembered(sample(0, { machines: [vm(RUNNING)] }));
    expect(folded(memory, sample(0), TRUSTED)).toBe(memory);
  });

  it('is let go only long after it was delivered, and then not told as nothing', () => {
    const whole = remembered(
      sample(0, { machines: [vm(RUNNING)] }),
      sample(HOUR, { machines: [vm(RUNNING)] }),
    );
    const late = { ...whole, last: 100 * DAY };
    expect(trimmed(late)).toBe(late);
    const delivered = withSettled(packed(late), { start: 99 * DAY, end: 100 * DAY });
    const settled = trimmed(readMemory(delivered) as Memory);
    expect(settled.machines.vm?.pieces).toEqual([]);
    expect(() => told(settled)).toThrow(/were let go/);
  });

  it('of a newer release is refused', () => {
    expect(() => readMemory({ v: 2 })).toThrow(/form that this release does not know/);
    expect(readMemory(null)).toBeNull();
  });
});

it('recycle bins are emptied at 23:59 of the tower, by the cluster before the tower', () => {
  const settings = (retain: number, cluster?: string) => ({
    id: 's',
    cluster: cluster ? { id: cluster } : null,
    vm_recycle_bin: { enabled: true, retain },
  });
  const purge = purgeTimes([settings(2, 'c')], [settings(7)], 'Europe/Berlin');
  expect(purge('c', Date.UTC(2026, 1, 10, 12))).toBe(Date.UTC(2026, 1, 12, 22, 59));
  expect(purge('d', Date.UTC(2026, 1, 10, 12))).toBe(Date.UTC(2026, 1, 17, 22, 59));
  expect(purgeTimes([], [], 'UTC')('c', 0)).toBeNull();
});

describe('whatever the samples say', () => {
  const states = fc.record({
    status: fc.constantFrom('RUNNING', 'STOPPED', 'SUSPENDED', null),
    vcpu: fc.constantFrom(1, 2, null),
    memory: fc.constant(1024),
    bin: fc.boolean(),
  });
  const things = fc.record({
    there: fc.boolean(),
    state: states,
    createdAt: fc.option(fc.integer({ min: -HOUR, max: 8 * HOUR })),
    shutDownAt: fc.option(fc.integer({ min: 0, max: 8 * HOUR })),
    purgeAt: fc.option(fc.integer({ min: 0, max: 8 * HOUR })),
    connected: fc.boolean(),
    disconnectedAt: fc.option(fc.integer({ min: 0, max: 8 * HOUR })),
    wait: fc.integer({ min: 1, max: 3 * HOUR }),
    events: fc.option(
      fc.array(
        fc.record({
          action: fc.constantFrom(
            'START_VM',
            'STOP_VM',
            'DELETE_VM',
            'CREATE_VM',
            'EDIT_VM',
            'MOVE_VM_TO_RECYCLE_BIN',
            'CREATE_VM_DISK',
          ),
          id: fc.constantFrom('tower-vm', 'tower-vm', 'another'),
          at: fc.integer({ min: 0, max: 8 * HOUR }),
        }),
        { maxLength: 4 },
      ),
    ),
  });

  function memoryOf(
    steps: readonly (typeof things extends fc.Arbitrary<infer Step> ? Step : never)[],
  ): Memory {
    let at = 0;
    const samples = steps.map(({ connected, disconnectedAt, events, there, wait, ...thing }) => {
      at += wait;
      const machines = there ? [vm(thing.state, thing)] : [];
      const sorted =
        events && [...events].sort((a, b) => a.at - b.at).map((one) => event(one.at, one.action, one.id));
      const one = { machines, events: sorted };
      return connected ? sample(at, one) : frozen(at, disconnectedAt, one);
    });
    return remembered(...samples);
  }

  it('no time is told twice, none outside its cell, and cells add up', () => {
    fc.assert(
      fc.property(
        fc.array(things, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(15, 60, 240),
        (steps, minutes) => {
          const memory = memoryOf(steps);
          const length = minutes * MINUTE;
          const cells = Array.from({ length: DAY / length }, (_, at) => ({
            start: at * length,
            end: (at + 1) * length,
          }));
          const sums = cells.map((cell) => {
            const { records } = usageOf(memory, cell);
            const sorted = records.map(({ period }) => period).sort((a, b) => a.start - b.start);
            for (const [at, period] of sorted.entries()) {
              expect(period.start).toBeGreaterThanOrEqual(sorted[at - 1]?.end ?? cell.start);
              expect(period.end).toBeLessThanOrEqual(cell.end);
              expect(period.end).toBeGreaterThan(period.start);
            }
            return records.reduce((sum, { variables }) => sum + Number(variables.value), 0);
          });
          const whole = usageOf(memory, { start: 0, end: DAY }).records;
          const total = whole.reduce((sum, { variables }) => sum + Number(variables.value), 0);
          expect(sums.reduce((sum, one) => sum + one, 0)).toBeCloseTo(total, 6);
          // Seconds do not add up exactly.
          expect(Math.max(...sums)).toBeLessThanOrEqual(length / 1000 + 1e-6);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('what is stored is what was remembered', () => {
    fc.assert(
      fc.property(fc.array(things, { minLength: 1, maxLength: 8 }), (steps) => {
        const memory = memoryOf(steps);
        expect(readMemory(JSON.parse(JSON.stringify(packed(memory))))).toEqual(memory);
      }),
    );
    const both = remembered(sample(5, { machines: [vm(RUNNING, { purgeAt: 7 })], volumes: [volume(3)] }));
    expect(readMemory(JSON.parse(JSON.stringify(packed(both))))).toEqual(both);
  });

  it('usage and the gaps of its cluster never overlap', () => {
    fc.assert(
      fc.property(fc.array(things, { minLength: 1, maxLength: 8 }), (steps) => {
        const { records, gaps } = usageOf(memoryOf(steps), { start: 0, end: DAY });
        for (const { period } of records)
          for (const gap of gaps) expect(gap.end <= period.start || gap.start >= period.end).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
