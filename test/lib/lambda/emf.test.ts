import { expect, it } from 'vitest';
import { runMetricsLine } from '../../../lib/lambda/emf.ts';
import { idle, reportOf } from '../../../lib/report.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const run = { provider: 'memory', stream: 'metrics', account: 'acme', now: NOW };

it("is one line in CloudWatch's embedded metric format", () => {
  const report = reportOf([idle('all', 'done', NOW - 90_000)], []);
  const line = runMetricsLine({ ...run, report });
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: NOW,
      CloudWatchMetrics: [
        {
          Namespace: 'usage-sync',
          Dimensions: [['provider', 'stream']],
          Metrics: [
            { Name: 'failed', Unit: 'Count' },
            { Name: 'last_success', Unit: 'Seconds' },
            { Name: 'quarantined', Unit: 'Count' },
            { Name: 'unsettled', Unit: 'Count' },
            { Name: 'lag', Unit: 'Seconds' },
          ],
        },
      ],
    },
    provider: 'memory',
    stream: 'metrics',
    account: 'acme',
    failed: 0,
    last_success: NOW / 1000,
    quarantined: 0,
    unsettled: 0,
    lag: 90,
  });
});

it('says of a run that failed that it failed, and nothing that would look like success', () => {
  const { _aws, ...rest } = JSON.parse(runMetricsLine({ ...run, report: null }));
  expect(rest).toEqual({ provider: 'memory', stream: 'metrics', account: 'acme', failed: 1 });
});

it('counts the partitions that failed while others did not, and is no success', () => {
  const failures = [{ partition: 'b', error: new Error('down'), checkpoint: NOW - 3_600_000 }];
  const report = reportOf([idle('a', 'done', NOW - 90_000)], [], failures);
  const line = JSON.parse(runMetricsLine({ ...run, report }));
  expect(line).toMatchObject({ failed: 1, lag: 3600 });
  expect(line).not.toHaveProperty('last_success');
});
