import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainCommand } from '../../cli/explain.ts';
import { captured } from '../support/captured.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-explain-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fixture = fileURLToPath(
  new URL('../fixtures/cloudstack/listUsageRecords.type2and6.json', import.meta.url),
);
const response = JSON.parse(readFileSync(fixture, 'utf8'));
const [allocated, volume] = response.listusagerecordsresponse.usagerecord;
const save = (name: string, content: unknown) => {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
type More = { mapping?: string; index?: string; json?: boolean };
const explain = (record: string, more: More = {}) =>
  captured(() => explainCommand({ provider: 'cloudstack', record, ...more }));
const explained = async (record: string, more: More = {}) =>
  JSON.parse((await explain(record, { json: true, ...more })).stdout);

describe('usage-sync explain', () => {
  it('shows every entry with its expression, values, result and unit', async () => {
    const answer = await explained(fixture, { index: '1' });
    expect(answer).toMatchObject({
      provider: 'cloudstack',
      mapping: 'mappings/cloudstack.yaml',
      index: 1,
      of: 3,
    });
    expect(answer.records).toHaveLength(1);
    expect(answer.records[0]).toMatchObject({
      kind: 'VOLUME',
      tenant: { name: 'admin' },
      location: { id: volume.zoneid },
    });
    expect(answer.records[0].metrics).toEqual([
      {
        key: 'VOLUME',
        metric: 'volume-allocated-time',
        specialisation: '',
        unit: 's',
        expression: 'value * 3600',
        variables: { value: Number(volume.rawusage) },
        result: Number(volume.rawusage) * 3600,
        error: null,
      },
      {
        key: 'VOLUME_SIZE',
        metric: 'volume-size-time',
        specialisation: '',
        unit: 'B.s',
        expression: 'value * 3600 * size',
        variables: { value: Number(volume.rawusage), size: volume.size },
        result: Number(volume.rawusage) * 3600 * volume.size,
        error: null,
      },
    ]);
  });

  it('says the same in words', async () => {
    const { code, stdout } = await explain(fixture);
    expect(code).toBe(0);
    expect(stdout).toContain('record 0 of 3, by mappings/cloudstack.yaml\n');
    expect(stdout).toMatch(/^kind +ALLOCATED_VM$/m);
    expect(stdout).toMatch(/^period +2023-07-20T19:00:00Z\/2023-07-20T20:00:00Z$/m);
    expect(stdout).toMatch(/^cpuspeed +500$/m);
    expect(stdout).toMatch(/^size +NULL$/m);
    expect(stdout).not.toMatch(/^zoneid /m);
    expect(stdout).toContain(
      'ALLOCATED_VM → vm-allocated-time [s]\n  value * 3600\n  value = 1\n  = 3600 s\n',
    );
  });

  it.each([
    ['one record', () => allocated, 1],
    ['one record with a list in it', () => ({ ...allocated, tags: [{ key: 'a', value: 'b' }] }), 1],
    ['a list', () => [allocated, volume], 2],
    [
      'a recording',
      () => ({ name: 'x', exchanges: [{ request: {}, response: { body: JSON.stringify(response) } }] }),
      3,
    ],
    [
      'lines of the quarantine',
      () => [allocated, volume].map((raw) => JSON.stringify({ exc_type: 'X', raw })).join('\n'),
      2,
    ],
  ])('takes %s', async (_, content, of) => {
    const answer = await explained(save('record.json', content()));
    expect([answer.of, answer.records[0].kind]).toEqual([of, 'ALLOCATED_VM']);
  });

  it('says why there is no metric', async () => {
    const mapping = save(
      'mapping.yaml',
      [
        'ALLOCATED_VM: {name: a, conversion_expr: value if value > 5 else NULL}',
        'B: {source: ALLOCATED_VM, name: b, conversion_expr: value * missing}',
        'C: {source: ALLOCATED_VM, name: c, specialisation_from: offeringid}',
      ].join('\n'),
    );
    const { code, stdout } = await explain(fixture, { mapping });
    expect(code).toBe(1);
    expect(stdout).toContain('  no metric: the result is NULL\n');
    expect(stdout).toMatch(
      /B → b\n {2}value \* missing\n {2}value = 1\n {2}no metric: VariableLookupError: .*"missing"/,
    );
    expect(stdout).toContain(`C → c.${allocated.offeringid}\n  value\n  value = 1\n  = 1\n`);
  });

  it('says that a kind is not mapped', async () => {
    const mapping = save('mapping.yaml', 'VOLUME: {name: a}');
    const { code, stdout } = await explain(fixture, { mapping });
    expect([code, stdout]).toEqual([0, expect.stringContaining('no metric: ALLOCATED_VM is not mapped\n')]);
  });

  it('names what cannot be read of a record', async () => {
    const { code, stderr } = await explain(save('record.json', { ...allocated, rawusage: 'much' }));
    expect([code, stderr]).toEqual([1, expect.stringContaining('rawusage: not a plain decimal number')]);
  });

  it.each([
    ['no JSON', 'text', {}, /expected JSON/],
    ['an empty response', { listusagerecordsresponse: {} }, {}, /holds 0 records/],
    ['no such record', [{}], { index: '1' }, /there is no --index 1/],
    ['no index', [{}], { index: 'x' }, /--index: expected a whole number/],
  ])('refuses %s', async (_, content, more, message) => {
    await expect(explain(save('record.json', content), more)).rejects.toThrow(message);
  });
});
