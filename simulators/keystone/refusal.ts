/** An answer that is no success, with the body that Keystone gives it (sheet 2.2). */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`refused with ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

/** The usual body. @param more members beside it */
export function refuse(
  status: number,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): Refusal {
  return new Refusal(status, { error: { code: status, ...more, message, title: titles[status] } });
}

/** The one text for every cause (sheet 2.2). */
export function unauthorized(): Refusal {
  return refuse(401, 'The request you have made requires authentication.');
}

/** A 400: what was expected and where. */
export function expected(what: string, where: string): Refusal {
  const rest =
    'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.';
  return refuse(400, `Expecting to find ${what} in ${where}. ${rest}`);
}

/** @param action `identity:list_projects`; absent where a call has no policy of its own */
export function forbidden(action?: string): Refusal {
  const what = action === undefined ? '' : `: ${action}`;
  return refuse(403, `You are not authorized to perform the requested action${what}.`);
}

export function unknownApplicationCredential(id: string): Refusal {
  return refuse(404, `Could not find Application Credential: ${id}.`);
}
