import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import { type LogEntryFields, logEntry } from '../../../lib/models/log-entry.ts';

const loose = (fields: object) =>
  logEntry({ message: 'm', severity: 'INFO', time: '2026-11-18T00:00:00Z', ...fields } as LogEntryFields);

describe('logEntry', () => {
  it('shows what it is given, its time in UTC', () => {
    expect(loose({ time: '2026-11-17T23:00:00-0100', service: 'mgmt', source_host: null })).toEqual({
      message: 'm',
      severity: 'INFO',
      time: '2026-11-18T00:00:00Z',
      service: 'mgmt',
    });
  });

  it.each(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'])('may be of severity %s', (severity) => {
    expect(loose({ severity }).severity).toBe(severity);
  });

  it.each([
    [{ message: '' }, 'A log entry: message must be a text with a value'],
    [
      { severity: 'info' },
      'A log entry: severity is "info", it must be one of CRITICAL, ERROR, WARNING, INFO, DEBUG',
    ],
    [{ time: null }, 'A log entry: time must be a time with a value'],
  ])('refuses %j', (fields, message) => {
    expect(() => loose(fields)).toThrow(new MalformedResponse(message));
  });
});
