import { dynamoClient } from '../lib/aws/dynamodb.ts';
import { createS3 } from '../lib/aws/s3.ts';
import { bucketStore } from '../lib/sink/bucket.ts';
import { layoutSink } from '../lib/sink/layout.ts';
import { parseS3 } from '../lib/sink/s3.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { dynamoState } from '../lib/state/dynamodb.ts';
import type { State } from '../lib/state/state.ts';
import type { Millis } from '../lib/time.ts';
import { type Reached, watchRequests } from './r01-moments.ts';
import type { Round } from './r01-round.ts';

/** A bucket and a table; loaded only where they are needed, because their clients are large. */
export function inTheCloud(
  { endpoint, place, table }: Round,
  now: () => Millis,
  reached: Reached,
): { sink: Sink; state: State } {
  const bucket = createS3(endpoint);
  const database = dynamoClient();
  for (const client of [bucket, database]) watchRequests(client, reached);
  const store = bucketStore({ ...parseS3(place), client: bucket, warn: () => {} });
  return { sink: layoutSink(store), state: dynamoState(table, { client: database, now }) };
}
