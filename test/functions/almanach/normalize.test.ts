import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, queryDate } from '../../../functions/almanach/dates.ts';
import { endOfUsage, normalizeUsage, startOfUsage } from '../../../functions/almanach/normalize.ts';
import { answerIn } from './recorded.ts';

const instance = {
  entity_type: 'instance',
  entity_id: 'vm-1',
  project_id: 'p',
  start: '2026-10-01 00:00:00+00:00',
  end: null,
  name: 'web',
  flavor: 'm1.small',
};
const volume = { ...instance, entity_type: 'volume', entity_id: 'disk-1', volume_type: 'ssd', size: 10 };

const only = (raw: unknown) => {
  const [life, ...others] = normalizeUsage(raw);
  if (!life) throw new Error('no life');
  expect(others).toEqual([]);
  return life;
};

describe('normalizeUsage', () => {
  it('sets a row aside whose facts are nested too deeply to be printed', () => {
    const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;
    for (const field of ['metadata', 'image_meta']) {
      const odd = { ...instance, [field]: { a: deep } };
      expect(() => normalizeUsage(odd)).toThrow(`instance vm-1 from ${instance.start}: ${field}`);
    }
    expect(only({ ...instance, size: deep }).fingerprint()).toContain('vm-1');
  });

  it('reads every field of a recorded server, in whatever form its date comes', () => {
    const [, , row] = answerIn('list_entities-window') as Record<string, unknown>[];
    const life = only(row);
    expect(life).toMatchObject({
      kind: 'instance',
      resource: { name: 'a-inside-micro' },
      period: { start: Date.UTC(2026, 9, 10, 8, 15, 30, 123), end: Date.UTC(2026, 9, 10, 9, 45, 30, 654) },
      variables: { value: 5400.531 },
      attributes: { flavor: 'm1.medium', 'image_meta.distro': 'ubuntu', 'image_meta.version': '22.04' },
    });
    expect(life.identity).toEqual(['instance', row?.project_id, row?.entity_id, '2026-10-10T08:15:30.123Z']);
    const iso = { ...row, start: '2026-10-10T08:15:30.123000+00:00', end: '2026-10-10T09:45:30.654Z' };
    expect(only(iso).period).toEqual(life.period);
  });

  it('reads rows that old releases wrote, with an attachment as text', () => {
    const [server, disk] = (answerIn('legacy-rows') as unknown[]).map(only);
    expect(server?.attributes).toEqual({
      flavor: 'm1.tiny',
      'image_meta.distro': 'ubuntu',
      'image_meta.version': '14.04',
      'metadata.billing.code': 'x^1',
      'metadata.plain': 'v',
    });
    expect(disk?.attributes).toEqual({ volume_type: 'lvm', size: 7, attached_to: 'legacy-inst-1' });
  });

  it('takes what is known of the image from older answers, too', () => {
    const { attributes } = only({ ...instance, os: { distro: 'debian', version: null } });
    expect(attributes['image_meta.distro']).toBe('debian');
    expect(attributes).not.toHaveProperty('image_meta.version');
  });

  it('does not know how long an open row will live', () => {
    const { period, variables } = only(instance);
    expect(period.end).toBe(Number.POSITIVE_INFINITY);
    expect(variables.value).toBeNull();
  });

  it.each([
    [10, 10],
    ['20', 20],
    [1.5, 1.5],
    ['1.5', 1.5],
    [0, 0],
  ])('reads the size %j', (size, gibibytes) => {
    expect(only({ ...volume, size }).variables.size).toBe(gibibytes);
  });

  it.each(['', 'NaN', '1e3', '-5', -5, null, undefined, true, [], 'ten', '0x10'])(
    'refuses the size %j: it is never 0',
    (size) => {
      expect(() => normalizeUsage({ ...volume, size })).toThrow(
        expect.objectContaining({
          name: 'MalformedResponse',
          message: 'volume disk-1 from 2026-10-01 00:00:00+00:00: size: not a number',
        }),
      );
    },
  );

  it('leaves the size of a server alone', () => {
    expect(only({ ...instance, size: 'large' }).variables.size).toBe('large');
  });

  it.each([
    ['attached_to', null, undefined],
    ['attached_to', '', undefined],
    ['attached_to', [], undefined],
    ['attached_to', 'vm-1', 'vm-1'],
    ['attached_to', ['vm-1', 'vm-2'], 'vm-1,vm-2'],
  ])('%s %j', (field, given, shown) => {
    expect(only({ ...volume, [field]: given }).attributes.attached_to).toBe(shown);
  });

  it.each([
    ['start', 'the other day'],
    ['start', null],
    ['end', undefined],
    ['end', '2026-13-01 00:00:00'],
    ['entity_id', ''],
    ['entity_type', undefined],
    ['project_id', 7],
    ['flavor', {}],
    ['attached_to', [1]],
  ])('refuses %s %j, naming the row and the field', (field, value) => {
    expect(() => normalizeUsage({ ...volume, [field]: value })).toThrow(
      expect.objectContaining({ name: 'MalformedResponse', message: expect.stringContaining(`${field}`) }),
    );
  });

  it('keeps a type that it does not know: the mapping decides', () => {
    expect(only({ ...instance, entity_type: 'network' }).kind).toBe('network');
  });

  it('dates a row that cannot be read otherwise', () => {
    expect(startOfUsage({ ...volume, size: 'x' })).toBe(Date.UTC(2026, 9, 1));
    expect([startOfUsage(null), startOfUsage({ start: 5 }), endOfUsage(volume)]).toEqual([null, null, null]);
    expect(endOfUsage({ end: '2026-10-02 00:00:00+00:00' })).toBe(Date.UTC(2026, 9, 2));
  });
});

describe('rows that nobody would write', () => {
  it('are a life or a MalformedResponse, whatever they hold', () => {
    const fields = [
      'entity_type',
      'entity_id',
      'project_id',
      'start',
      'end',
      'size',
      'attached_to',
      'metadata',
      'os',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.anything(), fc.boolean(), (field, value, asVolume) => {
        const row = { ...(asVolume ? volume : instance), [field]: value };
        try {
          const life = only(row);
          expect(life.period.start).toBeLessThan(Number.POSITIVE_INFINITY);
          expect(Number.isNaN(Number(life.variables.value))).toBe(false);
          life.fingerprint();
        } catch (error) {
          expect(error).toMatchObject({ name: 'MalformedResponse' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('dates', () => {
  it.each([
    ['2026-10-01 00:00:00+00:00', 0],
    ['2026-10-01T00:00:00+00:00', 0],
    ['2026-10-01T00:00:00Z', 0],
    ['2026-10-01 00:00:00', 0],
    ['2026-10-01 00:00:00.5', 500],
    ['2026-10-01 00:00:00.123999+00:00', 123],
    ['2026-10-01 02:00:00.000001+02:00', 0],
  ])('reads %s', (text, millis) => {
    expect(instantOf(text)).toBe(Date.UTC(2026, 9, 1) + millis);
  });

  it.each([
    '2026-10-01',
    '2026-10-01 00:00',
    '2026-02-30 00:00:00',
    ' 2026-10-01 00:00:00',
    '2026-10-01 00:00:00.1234567',
    '2026-10-01 00:00:00 EST',
    `2026-10-01 00:00:00${' '.repeat(1e6)}`,
  ])('does not guess at %#', (text) => {
    expect(instantOf(text)).toBeNull();
  });

  it('writes the one form that queries may have', () => {
    expect(queryDate(Date.UTC(2026, 9, 1, 0, 0, 45, 1))).toBe('2026-10-01 00:00:45.001000');
  });
});
