import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SECOND } from '../time.ts';

/**
 * A client of DynamoDB with the SDK's own ways to region, credentials and endpoint (`AWS_REGION`, the role,
 * `AWS_ENDPOINT_URL`). Its calls end, retries included, within the time that a run keeps in reserve for its last commit.
 */
export function dynamoClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: SECOND,
      requestTimeout: 3 * SECOND,
      throwOnRequestTimeout: true, // else it is only a warning, and a silent store would be waited for for ever
    },
    ...config,
  });
}
