/**
 * Every failure a caller can meet, sorted by what helps and by who must act. The CMP's collector switches on
 * `exc_type`, which is the error's `name`; people and alarms switch on `code`.
 *
 * The Lambda runtime logs every enumerable property of a thrown error: none may hold a secret.
 */

/** Who must act: the account's user, the provider's operator, or whoever runs this software. */
export type Owner = 'user' | 'provider' | 'us';

interface Decision {
  readonly retryable: boolean;
  readonly owner: Owner;
  readonly code: string;
  readonly hint: string;
}

/** The decision table: name → whether the same call may succeed later, who acts, and what they do. */
const decisions = {
  InvalidEvent: refuse('user', 'INVALID_EVENT', 'Correct the event at the path named in the message.'),
  InvalidConfig: refuse('user', 'INVALID_CONFIG', 'Correct the setting named in the message.'),
  InvalidCredentials: refuse('user', 'INVALID_CREDENTIALS', 'Check the credentials of this account.'),
  InsufficientPermission: refuse(
    'user',
    'INSUFFICIENT_PERMISSION',
    'Ask the operator for the permission named.',
  ),
  RateLimited: retry('provider', 'RATE_LIMITED', 'The next run tries again; a lower poll rate avoids it.'),
  ProviderUnavailable: retry('provider', 'PROVIDER_UNAVAILABLE', 'The next run tries again.'),
  MalformedResponse: refuse(
    'provider',
    'MALFORMED_RESPONSE',
    'Report the named record and field to the operator.',
  ),
  InconsistentListing: retry(
    'provider',
    'INCONSISTENT_LISTING',
    'The data moved while it was read; the next run tries again.',
  ),
  MappingError: refuse(
    'user',
    'MAPPING_ERROR',
    'Correct the mapping; `usage-sync mappings lint` shows every problem.',
  ),
  VariableLookupError: refuse(
    'user',
    'UNKNOWN_VARIABLE',
    'Correct the expression; `usage-sync explain` shows the variables of a record.',
  ),
  NoBillingReport: retry(
    'provider',
    'NO_BILLING_REPORT',
    'The provider has not rated this period yet; the next run tries again.',
  ),
  SpendError: refuse('provider', 'SPEND_ERROR', "Check the rating on the provider's side."),
  DeliveryError: retry(
    'us',
    'DELIVERY_FAILED',
    'Check that the sink is reachable and writable; nothing was lost, the next run delivers.',
  ),
  StateUnavailable: retry(
    'us',
    'STATE_UNAVAILABLE',
    'Check that the state store is reachable and undamaged.',
  ),
  StateConflict: retry(
    'us',
    'STATE_CONFLICT',
    'Another process took over this partition; the next run goes on from its work.',
  ),
  EgressDenied: refuse(
    'user',
    'EGRESS_DENIED',
    "Point the account at its provider's own public or private address.",
  ),
  ResponseTooLarge: refuse(
    'user',
    'RESPONSE_TOO_LARGE',
    'Configure a sink (USAGE_SYNC_SINK), or plan shorter windows.',
  ),
  BudgetTooSmall: refuse('user', 'BUDGET_TOO_SMALL', 'Give the function more time, or make cells smaller.'),
} as const satisfies Record<string, Decision>;

/** The names of the table: `exc_type` on the wire. */
export type ErrorName = keyof typeof decisions;

export interface ErrorDetails {
  /** A stable UPPER_SNAKE cause; the table's when absent. */
  readonly code?: string;
  /** What the reader should do; the table's when absent. */
  readonly hint?: string;
  /** Seconds the provider asked us to wait. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** The root of the tree. `message` says what happened and where, `hint` what to do. */
export abstract class SyncError extends Error {
  abstract override readonly name: ErrorName;
  readonly code: string;
  readonly retryable: boolean;
  readonly owner: Owner;
  readonly hint: string;
  declare readonly retryAfter?: number;

  constructor(name: ErrorName, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const decision = decisions[name];
    this.code = details.code ?? decision.code;
    this.retryable = decision.retryable;
    this.owner = decision.owner;
    this.hint = details.hint ?? decision.hint;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}

/** The event is not what the platform's contract says; the message holds the true path into it. */
export class InvalidEvent extends named('InvalidEvent') {}
/** An accounts file, an option or a provider's setting is wrong or contradicts what was done before. */
export class InvalidConfig extends named('InvalidConfig') {}
/** The provider said that it does not know these credentials. Tried once, never again on its own. */
export class InvalidCredentials extends named('InvalidCredentials') {}
/** The provider knows the caller and forbids the call. */
export class InsufficientPermission extends named('InsufficientPermission') {}
/** The provider asked for fewer calls; never retried before the moment it named. */
export class RateLimited extends named('RateLimited') {}
/** 5xx, resets, timeouts, HTML where JSON belongs. */
export class ProviderUnavailable extends named('ProviderUnavailable') {}
/** An answer that cannot be read: names the record and the field. */
export class MalformedResponse extends named('MalformedResponse') {}
/** Pages that repeat or cannot add up, on two full walks. */
export class InconsistentListing extends named('InconsistentListing') {}
/** An expression that names a variable which the record does not have. */
export class VariableLookupError extends named('VariableLookupError') {}
/** Spend is not there yet. */
export class NoBillingReport extends named('NoBillingReport') {}
/** Spend is there and wrong. */
export class SpendError extends named('SpendError') {}
/** The sink did not acknowledge a cell; the checkpoint stays before it. */
export class DeliveryError extends named('DeliveryError') {}
/** The state cannot be read or written: unreachable, damaged, or of a newer version. */
export class StateUnavailable extends named('StateUnavailable') {}
/** Another writer changed the state since it was read. */
export class StateConflict extends named('StateConflict') {}
/** A connection to somewhere the account does not name, or to a place that is never allowed. */
export class EgressDenied extends named('EgressDenied') {}
/** More than the way out can carry. */
export class ResponseTooLarge extends named('ResponseTooLarge') {}
/** Not enough time for one whole cell. */
export class BudgetTooSmall extends named('BudgetTooSmall') {}

/** One problem of a mapping file, with the place an editor can jump to (1-based). */
export interface MappingProblem {
  readonly file: string;
  readonly key: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A mapping that does not load (all its problems at once), or an expression that cannot give a number. */
export class MappingError extends named('MappingError') {
  readonly problems: readonly MappingProblem[];

  constructor(
    message: string,
    details: ErrorDetails & { readonly problems?: readonly MappingProblem[] } = {},
  ) {
    super(message, details);
    this.problems = details.problems ?? [];
  }
}

const classes = {
  InvalidEvent,
  InvalidConfig,
  InvalidCredentials,
  InsufficientPermission,
  RateLimited,
  ProviderUnavailable,
  MalformedResponse,
  InconsistentListing,
  MappingError,
  VariableLookupError,
  NoBillingReport,
  SpendError,
  DeliveryError,
  StateUnavailable,
  StateConflict,
  EgressDenied,
  ResponseTooLarge,
  BudgetTooSmall,
} satisfies { [Name in ErrorName]: new (message: string, details?: ErrorDetails) => SyncError };

/** Raises again, by its name, an error that was remembered; null when the name is not one of ours. */
export function errorNamed(name: string, message: string, details: ErrorDetails): SyncError | null {
  return Object.hasOwn(classes, name) ? new classes[name as ErrorName](message, details) : null;
}

/** An error as the CMP and `usage-sync invoke` see it (contract: Errors). */
export interface WireError {
  readonly exc_type: string;
  readonly exc_message: string;
  readonly stack_trace: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly owner: Owner;
  readonly hint: string;
  readonly retry_after?: number;
}

/**
 * Prepares an error for the outside. What is not one of ours is a defect of this software: its stack is shown,
 * because its reader is us. A user's failure shows a stack only when asked (`debug`).
 */
export function toWireError(error: unknown, debug = false): WireError {
  if (!(error instanceof SyncError)) {
    const known = error instanceof Error ? error : new Error(String(error));
    return {
      exc_type: known.name,
      exc_message: known.message,
      stack_trace: known.stack ?? '',
      code: 'UNEXPECTED',
      retryable: false,
      owner: 'us',
      hint: 'This is a defect: please report it with its stack trace.',
    };
  }
  return {
    exc_type: error.name,
    exc_message: error.message,
    stack_trace: debug || error.owner === 'us' ? (error.stack ?? '') : '',
    code: error.code,
    retryable: error.retryable,
    owner: error.owner,
    hint: error.hint,
    ...(error.retryAfter === undefined ? {} : { retry_after: error.retryAfter }),
  };
}

/** A base class that carries its name as a value: minifiers rename classes, the CMP must not notice. */
function named<Name extends ErrorName>(name: Name) {
  return class extends SyncError {
    override readonly name = name;
    constructor(message: string, details: ErrorDetails = {}) {
      super(name, message, details);
    }
  };
}

function refuse(owner: Owner, code: string, hint: string): Decision {
  return { retryable: false, owner, code, hint };
}

function retry(owner: Owner, code: string, hint: string): Decision {
  return { retryable: true, owner, code, hint };
}
