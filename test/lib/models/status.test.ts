import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import { type StatusFields, statusItem } from '../../../lib/models/status.ts';

const loose = (fields: object) =>
  statusItem({ level: 0, time: '2026-11-18T00:00:00Z', ...fields } as StatusFields);

describe('statusItem', () => {
  it('shows what it is given, its time in UTC', () => {
    const fields = {
      level: 2,
      time: '2026-11-18 01:00:00.5+01:00',
      source: 'job',
      reason: 'late',
      resource_id: null,
    };
    expect(loose(fields)).toEqual({
      level: 2,
      time: '2026-11-18T00:00:00.500000Z',
      source: 'job',
      reason: 'late',
    });
  });

  it.each([0, 1, 2])('may be of level %d', (level) => expect(loose({ level }).level).toBe(level));

  it.each([3, -1, '1', null, undefined])('refuses the level %j', (level) => {
    expect(() => loose({ level })).toThrow(
      new MalformedResponse(`A status: level is ${JSON.stringify(level)}, it must be one of 0, 1, 2`),
    );
  });

  it.each([undefined, null, '', 'now'])('refuses the time %j', (time) => {
    expect(() => loose({ time })).toThrow(MalformedResponse);
  });
});
