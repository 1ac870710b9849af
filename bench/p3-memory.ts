import { type Figure, megabytes, type Row, ratio } from './figure.ts';
import { onServer, type Scene } from './scene.ts';

/** What a cell of 20,000 records takes is what all others are held against. */
const MEASURE = { name: '20,000 a cell', records: 80_000, cells: 4 };

/** Whether memory stays what one cell takes, however many there are. */
export const p3: Figure = {
  id: 'P3',
  name: 'peak memory; to reach: 200 MB, and 1.3 of the growth with 20,000 records a cell',
  async measure({ cells, records }) {
    const scenes = [
      MEASURE,
      { name: 'one cell of 100,000', records: 100_000, cells: 1 },
      { name: `${cells} cells of ${records / cells}`, records, cells },
    ];
    const used = [];
    for (const { cells, name, records } of scenes)
      used.push({ ...(await peakOf({ records, cells, latency: 0 })), name });
    const [least] = used;
    const rows = used.map(
      ({ grown, name, peak, records }): Row => [
        name,
        String(records),
        megabytes(peak),
        megabytes(grown),
        ratio(grown, least?.grown ?? 0),
      ],
    );
    return [['', 'records', 'peak', 'grown by', `of ${MEASURE.name}`], ...rows];
  },
};

function peakOf(scene: Scene) {
  return onServer(scene, ({ ours }) => ours());
}
