import { type Figure, megabytes, type Row, ratio, seconds } from './figure.ts';
import type { Used } from './processes.ts';
import { onServer } from './scene.ts';

/** How fast records become lines in files. */
export const p1: Figure = {
  id: 'P1',
  name: 'usage records from a loopback server, the whole pipeline to files; to reach: 0.6 of the floor',
  measure: ({ cells, records }) =>
    onServer({ records, cells, latency: 0 }, async ({ floor, ours }) => {
      const whole = await ours();
      const bare = await floor(whole);
      const row = (name: string, used: Used): Row => [
        name,
        String(records),
        seconds(used.seconds),
        seconds(used.processor),
        String(Math.round(records / used.seconds)),
        megabytes(used.peak),
        `${((used.seconds * 1e6) / whole.metrics).toFixed(1)} µs`,
        ratio(bare.seconds, used.seconds),
        ratio(bare.processor, used.processor),
      ];
      return [
        ['', 'records', 'time', 'processor', 'records/s', 'peak', 'a metric', 'of the floor', 'by processor'],
        row('ours', whole),
        row('floor', bare),
      ];
    }),
};
