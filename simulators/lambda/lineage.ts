import { randomBytes } from 'node:crypto';

/** Lambda ends a chain of functions that invoke each other after about so many links (Lambda: recursive loops). */
const LONGEST_CHAIN = 16;

/** The trace header of an invocation, one link longer than that of its caller. The SDK passes it on. */
export function traceAfter(header: string | undefined): string {
  const links = linksOf(header);
  const root = /Root=([^;]+)/.exec(header ?? '')?.[1] ?? `1-00000000-${randomBytes(12).toString('hex')}`;
  return `Root=${root};Sampled=0;Lineage=1:00000000:${links + 1}`;
}

export function isEndless(header: string | undefined): boolean {
  return linksOf(header) >= LONGEST_CHAIN;
}

function linksOf(header: string | undefined): number {
  return Number(/Lineage=\d+:[0-9a-f]+:(\d+)/.exec(header ?? '')?.[1] ?? 0);
}
