import { folderStore } from './folder.ts';
import { layoutSink } from './layout.ts';
import type { Sink } from './sink.ts';

/** Cells as files below one folder, each replaced whole and atomically. */
export function fileSink(folder: string): Sink {
  return layoutSink(folderStore(folder));
}
