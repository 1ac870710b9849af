import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type ErrorDetails, StateUnavailable, SyncError } from '../errors.ts';

/** Whether a write was refused because the item is not what we took it for. */
export function isRefused(error: unknown): boolean {
  return error instanceof ConditionalCheckFailedException;
}

/** Runs calls of DynamoDB; what fails is StateUnavailable, with a sentence a person can act on. */
export async function accessing<Result>(table: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SyncError || isRefused(error)) throw error;
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const known = causes.find(({ names }) => names.test(name));
    const said = known?.said ?? 'cannot be reached';
    throw new StateUnavailable(`The state table ${table} ${said}: ${message} (${name})`, {
      ...(known?.details ?? unreachable),
      cause: error,
    });
  }
}

const unreachable: ErrorDetails = {
  code: 'STATE_UNREACHABLE',
  hint: 'Check the network between here and DynamoDB; nothing was lost, the next run goes on.',
};

const causes: readonly { names: RegExp; said: string; details: ErrorDetails }[] = [
  {
    names: /^ResourceNotFoundException$/,
    said: 'does not exist',
    details: {
      code: 'STATE_TABLE_MISSING',
      hint: 'Create it with the keys pk and sk, both strings, or correct its name, AWS_REGION or the account.',
    },
  },
  {
    names: /^AccessDenied(Exception)?$/,
    said: 'may not be used',
    details: {
      code: 'STATE_FORBIDDEN',
      hint: 'Allow dynamodb:GetItem, PutItem, UpdateItem, DeleteItem and Query on this table to the role.',
    },
  },
  {
    names: /Throttl|^ProvisionedThroughputExceeded|^RequestLimitExceeded|^LimitExceeded/,
    said: 'is throttled',
    details: {
      code: 'STATE_THROTTLED',
      hint: 'Let the table scale on demand, or run fewer accounts at once; the next run goes on.',
    },
  },
  {
    names: /^ValidationException$/,
    said: 'does not take our item',
    details: {
      code: 'STATE_TABLE_KEYS',
      hint: 'The table must have the partition key pk and the sort key sk, both strings: create one of its own.',
    },
  },
  {
    names: /Credentials|Token|Signature|^UnrecognizedClient|^Region/,
    said: 'does not know us',
    details: {
      code: 'STATE_CREDENTIALS',
      hint: "Check AWS_REGION and the role or keys of this machine, and its clock; the account's own credentials are not concerned.",
    },
  },
];
