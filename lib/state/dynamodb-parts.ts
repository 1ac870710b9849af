import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import type { Head } from './dynamodb-item.ts';

/** What one item cannot hold lies in others beside it, written before the item that names them. */
export interface Parts {
  write(name: string, shares: readonly Uint8Array[]): Promise<void>;
  /** @returns null when one of them is gone: another commit came in between */
  read(parts: NonNullable<Head['parts']>): Promise<Uint8Array[] | null>;
  /** Removes what commits before this one left. Those after it belong to somebody else. */
  sweep(before: string): Promise<void>;
}

/** The parts of the item with a key; in a list of their own, so that nobody takes them for partitions. */
export function partsBeside(
  client: DynamoDBClient,
  TableName: string,
  key: { pk: string; sk: string },
): Parts {
  const pk = { S: `${key.pk}/parts` };
  const keyAt = (name: string, at: number) => ({ pk, sk: { S: `${key.sk}/${name}/${at}` } });
  return {
    async write(name, shares) {
      for (const [at, share] of shares.entries()) {
        const Item = { ...keyAt(name, at), v: { N: '1' }, packed: { B: share } };
        await client.send(new PutItemCommand({ TableName, Item }));
      }
    },
    async read({ count, name }) {
      const shares: Uint8Array[] = [];
      for (let at = 0; at < count; at += 1) {
        const request = { TableName, Key: keyAt(name, at), ConsistentRead: true };
        const share = (await client.send(new GetItemCommand(request))).Item?.packed?.B;
        if (share === undefined) return null;
        shares.push(share);
      }
      return shares;
    },
    async sweep(before) {
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': { S: `${key.sk}/` } },
        ProjectionExpression: 'sk',
      };
      for await (const { Items = [] } of paginateQuery({ client }, query)) {
        for (const { sk } of Items) {
          const name = /^(\d{16}-\d{16})\/\d+$/.exec(sk?.S?.slice(key.sk.length + 1) ?? '')?.[1];
          if (sk && name !== undefined && name < before)
            await client.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }));
        }
      }
    },
  };
}
