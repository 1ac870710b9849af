import { createHash } from 'node:crypto';
import type { Content } from './store.ts';

/** Text is gathered into chunks of about this many characters before it is hashed and written. */
const CHUNK = 256 * 1024;

/** The cell's text and its digest, before anything is written: an unchanged cell costs no write. */
export function serialise<Item>(items: Iterable<Item>, print: (item: Item) => string): Content {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  let text = '';
  const take = () => {
    const chunk = Buffer.from(text); // encoded once, for the digest and for the store
    hash.update(chunk);
    chunks.push(chunk);
    text = '';
  };
  for (const item of items) {
    text += print(item);
    if (text.length > CHUNK) take();
  }
  take();
  return { chunks, digest: hash.digest('hex') };
}
