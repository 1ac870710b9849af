import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Invoker } from '../lambda/invoke.ts';

/** Starts functions by name and does not wait for what they come to. Throttling is for the caller to wait out. */
export function lambdaInvoker(): Invoker {
  const client = new LambdaClient({ maxAttempts: 1 });
  return {
    async start(name, event, signal) {
      const Payload = JSON.stringify(event);
      const command = new InvokeCommand({ FunctionName: name, InvocationType: 'Event', Payload });
      await client.send(command, { abortSignal: signal });
    },
    close: () => client.destroy(),
  };
}
