import { describe, expect, it } from 'vitest';
import { exitCode } from '../../cli/exit.ts';
import { exitCodeOf, type StreamOutcome } from '../../cli/outcome.ts';
import { summary } from '../../cli/summary.ts';
import { ProviderUnavailable, toWireError } from '../../lib/errors.ts';
import type { StreamReport, WindowReport } from '../../lib/report.ts';

const day = (at: number, more: Partial<WindowReport>): WindowReport => ({
  start: `2026-11-${at}T00:00:00Z`,
  end: `2026-11-${at + 1}T00:00:00Z`,
  partition: 'alpha',
  records: 3,
  metrics: 2,
  dropped: { null_result: 0, unmapped: {}, system: 0 },
  duplicates: 0,
  conflicting: 0,
  quarantined: 0,
  settled: true,
  changed: false,
  reasons: [],
  ...more,
});

const outcome = (windows: readonly WindowReport[], more: Partial<StreamReport> = {}): StreamOutcome => ({
  account: 'acme',
  provider: 'rated',
  stream: 'spend',
  seconds: 1.25,
  report: {
    status: 'done',
    windows,
    gaps: [],
    notes: [],
    last_update: null,
    next_due: '2026-11-21T00:00:00Z',
    ...more,
  },
  error: null,
});

describe('summary', () => {
  it('adds spend up exactly, and says of each day whether it is final and what it was before', () => {
    const text = summary([
      outcome([
        day(18, { amount: '0.1', currency: 'EUR' }),
        day(19, { amount: '0.2', currency: 'EUR', amount_before: '0.25', settled: false, changed: true }),
      ]),
    ]);
    expect(text).toMatch(/ 0\.3 EUR \(provisional\) +1\.3 s /);
    expect(text).toContain('acme: spend of alpha on 2026-11-18: 0.1 EUR, final\n');
    expect(text).toContain('acme: spend of alpha on 2026-11-19: 0.2 EUR, 0.25 before, provisional\n');
  });

  it('has a dash where there is no spend', () => {
    expect(summary([outcome([day(18, {})])])).toMatch(/ – +1\.3 s /);
  });

  it('says that a project failed, and so does the exit code', () => {
    const failure = { partition: 'beta', ...toWireError(new ProviderUnavailable('down')) };
    const partly = outcome([day(18, {})], { failures: [failure] });
    expect(summary([partly])).toMatch(/^acme {5}partly failed /m);
    expect(summary([partly])).toContain('acme: partition beta failed: down\n');
    expect(exitCodeOf([partly])).toBe(exitCode.partly);
    expect(exitCodeOf([outcome([day(18, {})])])).toBe(exitCode.ok);
    expect(exitCodeOf([outcome([day(18, { quarantined: 1 })])])).toBe(exitCode.partly);
  });

  it('names the time of which nothing is known', () => {
    const gap = { start: '2026-11-18T01:00:00Z', end: '2026-11-18T02:00:00Z', why: 'it was not looked at' };
    expect(summary([outcome([day(18, {})], { gaps: [gap] })])).toContain(
      'acme: nothing is known of 2026-11-18T01:00:00Z/2026-11-18T02:00:00Z: it was not looked at\n',
    );
  });
});
