import { InvalidConfig } from './errors.ts';

/** One documented call of a provider, by its own name. */
export interface Operation<Client> {
  /** May it change something at the provider? What is not known to read only, may. */
  readonly write: boolean;
  /**
   * Runs it: the rows of a listing, walked to its end, or the one object of any other answer. A write is sent
   * once, whatever becomes of it.
   * @throws SyncError
   */
  run(client: Client, parameters: OperationParameters, signal: AbortSignal): AsyncIterable<unknown>;
}

/** Named as the provider names them. */
export type OperationParameters = Readonly<Record<string, string>>;

/**
 * What `functions/<provider>/operations.ts` exports as `operations`. The command line imports it, and no Lambda
 * handler: what changes something at a provider is in no bundle that runs by itself.
 */
export interface Operations<Client> {
  /** @throws InvalidConfig for what cannot be the name of an operation of this provider. */
  find(name: string): Operation<Client>;
}

/** Finds an operation and refuses one that may change something unless that is wanted. Makes no request. */
export function findOperation<Client>(
  operations: Operations<Client>,
  name: string,
  allowWrites: boolean,
): Operation<Client> {
  const operation = operations.find(name);
  if (operation.write && !allowWrites) {
    throw new InvalidConfig(`${name} may change something at the provider`, {
      code: 'WRITES_NOT_ALLOWED',
      hint: 'Add --allow-writes if that is what you want.',
    });
  }
  return operation;
}
