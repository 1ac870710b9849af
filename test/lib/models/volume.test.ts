import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import { type VolumeFields, volume } from '../../../lib/models/volume.ts';

const details = (fields: object) =>
  volume({ id: 'v-1', name: 'n', ...fields } as VolumeFields).details?.volume;

describe('volume', () => {
  it.each([
    [undefined, null],
    [null, null],
    [0, 0],
    [100, 100],
    [1.5, 1],
    ['5', 5],
    [' 12 ', 12],
  ])('reads iops %j as %j', (iops, expected) => {
    expect(details({ iops })).toEqual({ encrypted: null, iops: expected, size_b: null });
  });

  it.each(['', 'fast', '1.5', '1e3', Number.NaN, Number.POSITIVE_INFINITY, true, '9'.repeat(400)])(
    'refuses iops %j',
    (iops) => expect(() => details({ iops })).toThrow(MalformedResponse),
  );

  it('names the volume and the field, on one short line', () => {
    expect(() => details({ iops: 'x'.repeat(1000) })).toThrow(
      new MalformedResponse(`volume "v-1": iops is "${'x'.repeat(79)}…, it must be a whole number`),
    );
  });

  it('leaves a zone out that is null, and shows one that is empty', () => {
    expect(details({ zone_name: null })).not.toHaveProperty('zone_name');
    expect(details({ zone_name: '' })).toHaveProperty('zone_name', '');
  });
});
