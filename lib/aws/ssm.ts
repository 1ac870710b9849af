import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

/** The text of a parameter, decrypted. */
export async function parameterText(name: string): Promise<string> {
  const client = new SSMClient({});
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return Parameter?.Value ?? '';
  } finally {
    client.destroy();
  }
}
