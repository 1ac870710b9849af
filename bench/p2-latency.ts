import { provider } from '../functions/cloudstack/index.ts';
import { type Figure, type Row, ratio, seconds } from './figure.ts';
import { onServer } from './scene.ts';

const LATENCY = 50;

/** Whether cells are really fetched ahead: a cloud that is slow to answer, read by whom waits and by ours. */
export const p2: Figure = {
  id: 'P2',
  name: `the same with ${LATENCY} ms a page; to reach: ${0.8 * provider.concurrency} times as fast as one page after another`,
  measure: ({ cells, records }) =>
    onServer({ records, cells, latency: LATENCY }, async ({ floor, ours }) => {
      const whole = await ours();
      const bare = await floor(whole);
      const row = (name: string, time: number): Row => [
        name,
        String(records),
        seconds(time),
        ratio(bare.seconds, time),
        ratio(bare.seconds / time, provider.concurrency),
      ];
      return [
        ['', 'records', 'time', 'times as fast', `of ${provider.concurrency} at once`],
        row('ours', whole.seconds),
        row('floor, one page after another', bare.seconds),
      ];
    }),
};
