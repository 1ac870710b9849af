import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/**
 * A client of DynamoDB with the SDK's own ways to region, credentials and endpoint (`AWS_REGION`, the role,
 * `AWS_ENDPOINT_URL`), whose calls end: a run must not wait for its state longer than for its provider.
 */
export function dynamoClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 3000, requestTimeout: 8000, throwOnRequestTimeout: true },
    ...config,
  });
}
