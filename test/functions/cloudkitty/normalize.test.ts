import { describe, expect, it } from 'vitest';
import {
  normalizeSpend,
  normalizeUsage,
  projectOfRow,
  settleSpend,
  settleUsage,
  startOfRow,
} from '../../../functions/cloudkitty/normalize.ts';
import { DAY, HOUR } from '../../../lib/time.ts';

const PROJECT = 'f30750f0a09d4d46a7900232b6616038';
const start = Date.UTC(2026, 10, 19, 6);
const point = {
  period: { begin: '2026-11-19T07:00:00+01:00', end: '2026-11-19T08:00:00+01:00' },
  type: 'volume.size',
  vol: { unit: 'GiB', qty: '150.5' },
  rating: { price: '0.01505' },
  groupby: { project_id: PROJECT, id: 'a2', user_id: 'u' },
  metadata: { volume_type: '__DEFAULT__', display_name: 'data' },
};
const resource = {
  begin: '2026-11-19T06:00:00',
  end: '2026-11-19T07:00:00',
  // As an administrator sees it: the frame is another's.
  tenant_id: '0190bd65ee70419b92937d7ec5692987',
  rating: '0.01505',
  service: 'volume.size',
  volume: '150.5',
  desc: { ...point.metadata, ...point.groupby },
  unit: 'GiB',
};
const summary = {
  begin: '2026-11-18T01:00:00+01:00',
  end: '2026-11-19T01:00:00+01:00',
  qty: '24.0',
  rate: '1.2000000000000004',
  project_id: PROJECT,
  id: 'a1',
  type: 'compute',
};

describe('a rated point', () => {
  it.each([
    ['of v2', point],
    ['of v1', resource],
  ])('%s is usage', (_, raw) => {
    expect(normalizeUsage(raw)).toMatchObject([
      {
        kind: 'volume.size',
        resource: { id: 'a2', name: 'data' },
        period: { start, end: start + HOUR },
        variables: { value: 150.5, price: 0.01505, period: 3600, unit_bytes: 1024 ** 3 },
        tenant: { id: PROJECT },
        location: null,
        attributes: { user_id: 'u', volume_type: '__DEFAULT__', unit: 'GiB' },
        raw,
      },
    ]);
    expect(projectOfRow(raw)).toBe(PROJECT);
    expect(startOfRow(raw)).toBe(start);
  });

  it('is money too', () => {
    expect(normalizeSpend(point)).toMatchObject([
      {
        kind: 'volume.size',
        resource: { id: 'a2', name: 'data' },
        amount: '0.01505',
        tenant: { id: PROJECT },
      },
    ]);
  });

  it.each([
    ['2E+1', 20],
    ['1E-7', 1e-7],
    ['1e+21', 1e21],
    ['-0.5', -0.5],
    ['0', 0],
  ])('may have the quantity %s', (volume, value) => {
    expect(normalizeUsage({ ...resource, volume })[0]?.variables.value).toBe(value);
  });

  it.each([
    ['B', 1],
    ['MB', 1e6],
    ['MiB', 1024 ** 2],
    ['GB', 1e9],
    ['instance', null],
    [null, null],
  ])('with the unit %s counts bytes by %s', (unit, unit_bytes) => {
    expect(normalizeUsage({ ...resource, unit })[0]?.variables.unit_bytes).toBe(unit_bytes);
  });

  it('without an id is its project’s', () => {
    const { id: _, ...groupby } = point.groupby;
    expect(normalizeUsage({ ...point, groupby })[0]?.resource.id).toBe(`${PROJECT}:volume.size`);
    expect(normalizeUsage({ ...point, groupby: { ...groupby, id: '' } })[0]?.resource.id).toBe(
      `${PROJECT}:volume.size`,
    );
  });

  it('costs nothing where it was not rated', () => {
    expect(normalizeSpend({ ...point, rating: undefined })[0]?.amount).toBe('0');
  });

  it.each([
    ['vol.qty', { ...point, vol: { unit: 'GiB', qty: 'NaN' } }],
    ['rating.price', { ...point, rating: { price: 'Infinity' } }],
    ['vol.qty', { ...point, vol: { unit: 'GiB', qty: '1e400' } }],
    ['begin', { ...point, period: { ...point.period, begin: 'yesterday' } }],
    ['end', { ...point, period: { ...point.period, end: point.period.begin } }],
    ['volume', { ...resource, volume: '' }],
    ['service', { ...resource, service: '' }],
    ['type', { ...point, type: undefined }],
    ['vol', { ...point, vol: null }],
  ])('whose %s cannot be read says so', (field, raw) => {
    expect(() => normalizeUsage(raw)).toThrow(
      expect.objectContaining({
        name: 'MalformedResponse',
        message: expect.stringContaining(`: ${field}: `),
      }),
    );
  });

  it('is told from another by what the operator groups by, never by its amounts', () => {
    const [one] = normalizeUsage(point);
    const [dearer] = normalizeUsage({ ...point, rating: { price: '9' }, metadata: {} });
    const [other] = normalizeUsage({ ...point, groupby: { ...point.groupby, user_id: 'v' } });
    expect(dearer?.identity).toEqual(one?.identity);
    expect(dearer?.fingerprint()).not.toBe(one?.fingerprint());
    expect(other?.identity).not.toEqual(one?.identity);
  });
});

describe('a whole frame', () => {
  it('is all its points, as people have it at hand', () => {
    const { period, type, ...rest } = point;
    const frame = { period, usage: { [type]: [rest, { ...rest, groupby: { ...rest.groupby, id: 'a3' } }] } };
    expect(normalizeUsage(frame).map(({ resource }) => resource.id)).toEqual(['a2', 'a3']);
    const { begin, end, tenant_id, unit: _, ...inner } = resource;
    expect(normalizeUsage({ begin, end, tenant_id, resources: [inner] })).toMatchObject([
      { kind: 'volume.size', tenant: { id: PROJECT } },
    ]);
  });
});

describe('a row of a summary', () => {
  it('is what a thing cost on its day', () => {
    expect(normalizeSpend(summary)).toEqual([
      {
        resource: { id: 'a1' },
        kind: 'compute',
        period: { start: Date.UTC(2026, 10, 18), end: Date.UTC(2026, 10, 18) + DAY },
        amount: '1.2000000000000004',
        tenant: { id: PROJECT },
        raw: summary,
      },
    ]);
  });

  it('without a rate is a hole, and with a rate of zero is none', () => {
    expect(normalizeSpend({ ...summary, qty: null, rate: null })).toEqual([]);
    expect(normalizeSpend({ ...summary, rate: '0.0' })).toMatchObject([{ amount: '0' }]);
  });

  it('without an id stands for what has none', () => {
    expect(normalizeSpend({ ...summary, id: '' })[0]?.resource.id).toBe(`${PROJECT}:compute`);
  });

  it.each(['rate', 'begin'])('whose %s cannot be read says so', (field) => {
    expect(() => normalizeSpend({ ...summary, [field]: 'x' })).toThrow(`: ${field}: `);
  });
});

describe('settling', () => {
  it.each([
    [['1.2000000000000004'], '1.2'],
    [['3.599999999999995'], '3.6'],
    [['15.386399999999982'], '15.3864'],
    [['0.015777766267200004'], '0.0157777662672'],
    [['123456789.12345679'], '123456789.12346'],
    [['0.0'], '0'],
    [['-0.30000000000000004'], '-0.3'],
    [['1.23e-06'], '0.00000123'],
  ])('takes the noise of doubles from the sum %s', (rates, amount) => {
    const records = rates.flatMap((rate) => normalizeSpend({ ...summary, rate }));
    expect(settleSpend(records).records).toMatchObject([{ amount }]);
  });

  it('adds points up exactly, and rounds nothing', () => {
    const prices = ['0.1', '0.2', '123456789.12345678901', '1e-20'];
    const records = prices.flatMap((price) => normalizeSpend({ ...point, rating: { price } }));
    expect(settleSpend(records).records).toMatchObject([{ amount: '123456789.42345678901000000001' }]);
  });

  it('keeps one thing’s two types apart, and two things of one type', () => {
    const records = [
      { ...point, type: 'a' },
      { ...point, type: 'b' },
      { ...point, type: 'a', groupby: { ...point.groupby, id: 'a3' } },
    ].flatMap(normalizeSpend);
    expect(settleSpend(records).records).toHaveLength(3);
  });

  it('drops nothing: what is stored twice was rated twice', () => {
    const records = [point, point].flatMap(normalizeUsage);
    expect(settleUsage(records)).toEqual({ records, duplicates: 0 });
  });
});
