import { type Figure, megabytes, type Row, ratio, seconds } from './figure.ts';
import { dispatchTimes } from './p6-dispatch.ts';
import { onServer } from './scene.ts';

/** Whether ten times as much costs ten times as much. */
export const p6: Figure = {
  id: 'P6',
  name: 'ten times as much; to reach: 10.5 times the time. Dispatched accounts are all due, of 100 clouds; the state is in memory, the starts go over HTTP to a server that takes them as Lambda does',
  async measure({ cells, records }) {
    const rows: Row[] = [['', 'time', 'processor', 'grown by', 'of a tenth', 'by processor']];
    let tenth = { seconds: 0, processor: 0 };
    const add = (name: string, used: typeof tenth & { readonly grown: number }) => {
      rows.push([
        name,
        seconds(used.seconds),
        seconds(used.processor),
        megabytes(used.grown),
        ratio(used.seconds, tenth.seconds),
        ratio(used.processor, tenth.processor),
      ]);
      tenth = used;
    };
    for (const count of [100, 1000, 10_000]) add(`${count} accounts dispatched`, await dispatchTimes(count));
    tenth = { seconds: 0, processor: 0 };
    for (const count of [records / 10, records]) {
      const scene = { records: count, cells, latency: 0 };
      add(`${count} records read`, await onServer(scene, ({ ours }) => ours()));
    }
    return rows;
  },
};
