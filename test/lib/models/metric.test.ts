import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedResponse, MappingError } from '../../../lib/errors.ts';
import {
  isWireName,
  joinSpecialisation,
  type Metric,
  metricLine,
  metricLines,
  nflexMetric,
} from '../../../lib/models/metric.ts';

const full: Metric = {
  metric: 'vm-running-time',
  specialisation: 'm1.small',
  value: 86400.000001,
  unit: 's',
  counter: false,
  time: Date.UTC(2026, 10, 18),
  end: Date.UTC(2026, 10, 19),
  kind: 'RUNNING_VM',
  provider_id: 'vm-1',
  resource_name: 'bücher',
  resource_id: 'b0c5',
  tenant: { id: 't', name: 'T', path: 'ROOT/T' },
  location: { id: 'z', name: 'Z' },
  account_id: 'acme',
  customer_id: 'acme-gmbh',
  provider: 'cloudstack',
  key: '0123456789abcdef0123456789abcdef',
  attributes: { offering: 'small', cores: 2, ha: true },
};
const { resource_name, resource_id, ...others } = full;
const bare: Metric = {
  ...others,
  specialisation: '',
  value: 0,
  unit: null,
  time: full.time + 1,
  tenant: null,
  location: null,
  customer_id: null,
  attributes: {},
};

describe('metricLine', () => {
  it('writes every field in its place', () => {
    expect(metricLine(full)).toBe(
      '{"metric":"vm-running-time","specialisation":"m1.small","value":86400.000001,"unit":"s","counter":false,' +
        '"time":"2026-11-18T00:00:00Z","end":"2026-11-19T00:00:00Z","kind":"RUNNING_VM","original_metric":"RUNNING_VM",' +
        '"provider_id":"vm-1","resource_name":"bücher","resource_id":"b0c5",' +
        '"tenant":{"id":"t","name":"T","path":"ROOT/T"},"location":{"id":"z","name":"Z"},' +
        '"account_id":"acme","customer_id":"acme-gmbh","provider":"cloudstack",' +
        '"key":"0123456789abcdef0123456789abcdef","attributes":{"offering":"small","cores":2,"ha":true}}',
    );
  });

  it('leaves out the names that a resource may lack, and writes null for the rest', () => {
    expect(metricLine(bare)).toBe(
      '{"metric":"vm-running-time","specialisation":"","value":0,"unit":null,"counter":false,' +
        '"time":"2026-11-18T00:00:00.001Z","end":"2026-11-19T00:00:00Z","kind":"RUNNING_VM","original_metric":"RUNNING_VM",' +
        '"provider_id":"vm-1","tenant":null,"location":null,"account_id":"acme","customer_id":null,' +
        '"provider":"cloudstack","key":"0123456789abcdef0123456789abcdef","attributes":{}}',
    );
  });

  it('does not depend on the order in which the metric was built', () => {
    const backwards = Object.fromEntries(Object.entries(full).reverse()) as unknown as Metric;
    expect(metricLine(backwards)).toBe(metricLine(full));
  });

  it('stays one line, and gives its value back to the last bit', () => {
    const doubles = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Object.is(value, -0));
    fc.assert(
      fc.property(doubles, fc.string({ unit: 'binary' }), (value, name) => {
        const line = metricLine({ ...full, value, resource_name: name });
        expect(line).not.toContain('\n');
        expect(JSON.parse(line)).toMatchObject({ value, resource_name: name });
      }),
    );
  });

  it('is the same among the metrics of its record as alone', () => {
    const others: Partial<Metric>[] = [
      { metric: 'vm-running-vcpu-time', value: 2, key: 'f'.repeat(32) },
      { attributes: { ...full.attributes } },
      { attributes: {} },
      { tenant: null },
      { location: null },
      { time: full.time + 1 },
      { end: full.end + 1 },
      { kind: 'ALLOCATED_VM' },
      { provider_id: 'vm-2' },
      { resource_name: 'other' },
      { resource_id: 'other' },
      { account_id: 'other' },
      { customer_id: null },
      { provider: 'other' },
    ];
    const metrics = fc.array(
      fc.constantFrom({}, ...others).map((change): Metric => ({ ...full, ...change })),
    );
    fc.assert(
      fc.property(metrics, (sequence) => {
        expect(sequence.map(metricLines())).toEqual(sequence.map(metricLine));
      }),
    );
  });
});

describe('nflexMetric', () => {
  it('joins the specialisation, and gives the key with the fields of the wire', () => {
    expect(nflexMetric(full)).toEqual({
      metric: 'vm-running-time.m1.small',
      value: 86400.000001,
      time: '2026-11-18T00:00:00Z',
      unit: 's',
      counter: false,
      original_metric: 'RUNNING_VM',
      specialisation: 'm1.small',
      resource_id: 'b0c5',
      provider_id: 'vm-1',
      key: '0123456789abcdef0123456789abcdef',
    });
  });

  it('leaves out what has no value', () => {
    expect(nflexMetric(bare)).toEqual({
      metric: 'vm-running-time',
      value: 0,
      time: '2026-11-18T00:00:00.001Z',
      counter: false,
      original_metric: 'RUNNING_VM',
      provider_id: 'vm-1',
      key: '0123456789abcdef0123456789abcdef',
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses the value %d',
    (value) => {
      expect(() => nflexMetric({ ...bare, value })).toThrow(
        new MalformedResponse(`vm-running-time of vm-1: the value ${value} is not finite`),
      );
    },
  );

  it('refuses a name that the CMP does not accept', () => {
    expect(() => nflexMetric({ ...full, specialisation: '*' })).toThrow(
      new MappingError('The metric name "vm-running-time.*" is not one that the CMP accepts'),
    );
  });
});

describe('joinSpecialisation', () => {
  it('puts a dot between, and none behind a name alone', () => {
    expect(joinSpecialisation('cpu', 'a.b')).toBe('cpu.a.b');
    expect(joinSpecialisation('cpu', '')).toBe('cpu');
  });
});

describe('isWireName', () => {
  it.each(['cpu', `a-Z0:/_|"' 9`, 'cpu.core 1', 'cpu.a*', 'cpu.ü'])('accepts %j', (name) => {
    expect(isWireName(name)).toBe(true);
  });

  it.each(['', '.', 'cpu.', 'cpu.*', 'cpu*', 'cpü', '.cpu', 'cpu.a\nb', 'cpu\n'])('refuses %j', (name) => {
    expect(isWireName(name)).toBe(false);
  });
});
