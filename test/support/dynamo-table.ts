import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { dynamoClient } from '../../lib/aws/dynamodb.ts';

export interface DynamoServer {
  readonly url: string;
  /** A client of its own, as each process has one. */
  client(config?: DynamoDBClientConfig): DynamoDBClient;
  /** Makes a table with the keys of a state. */
  createTable(name: string): Promise<void>;
  close(): Promise<void>;
}

/** The environment in which the SDK finds a server on this machine, with keys that open nothing. */
export function dynamoEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** Something that answers as DynamoDB does, whatever it is. */
export function clientOf(url: string, config: DynamoDBClientConfig = {}): DynamoDBClient {
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  return dynamoClient({ endpoint: url, region: 'eu-central-1', credentials, ...config });
}

/** DynamoDB on 127.0.0.1, in memory: what it does of conditions and queries is what the real one does. */
export async function startDynamo(): Promise<DynamoServer> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  server.prependListener('request', surviving);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: DynamoDBClient[] = [];
  const client = (config?: DynamoDBClientConfig) => {
    const made = clientOf(url, config);
    clients.push(made);
    return made;
  };
  return {
    url,
    client,
    async createTable(name) {
      await client().send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
        }),
      );
      await waitUntilTableExists(
        { client: client(), maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.1 },
        { TableName: name },
      );
    },
    async close() {
      for (const made of clients) made.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Dynalite throws what happens to a request, and with it everybody else's server: a client may be killed while it asks. */
function surviving(request: IncomingMessage): void {
  const { emit } = request;
  const muted = (event: string, ...values: unknown[]) =>
    event !== 'error' && Reflect.apply(emit, request, [event, ...values]);
  Object.assign(request, { emit: muted });
}
