import type { MappedSpend } from './map/spend.ts';
import type { MappedMetrics } from './map.ts';
import type { BadRow } from './read.ts';
import type { Cell, Quarantined, Receipt, Sink } from './sink/sink.ts';

/** What the stage `map` made of one cell. */
export type Mapped = MappedMetrics | MappedSpend;

/** Hands one cell to the sink, whole, by the door for what it holds. */
export function deliverCell(
  sink: Sink,
  cell: Omit<Cell, 'quarantined'>,
  mapped: Mapped,
  print: (row: BadRow) => Quarantined,
): Promise<Receipt> {
  const quarantined = () => mapped.tally.bad.map(print);
  return 'spend' in mapped
    ? sink.deliverSpend({ ...cell, quarantined, spend: mapped.spend })
    : sink.deliver({ ...cell, quarantined, metrics: mapped.metrics });
}
