/** An answer that is an error (sheet 4): its code is the HTTP status too. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;
  /** Absent for what the servlet itself refuses (sheet 4.1). */
  readonly cserrorcode: number | null;
  /** `errorresponse` for an unknown command, else the command's own. */
  readonly unknownCommand: boolean;
  readonly retryAfterMs: number | null;

  constructor(
    code: number,
    text: string,
    details: { cserrorcode?: number | null; unknownCommand?: boolean; retryAfterMs?: number } = {},
  ) {
    super(text);
    this.code = code;
    this.cserrorcode = details.cserrorcode === undefined ? 9999 : details.cserrorcode;
    this.unknownCommand = details.unknownCommand ?? false;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** The text that hides eight causes (sheet 1.5). */
export function unauthorised(unknownCommand = false): Refusal {
  const text = 'unable to verify user credentials and/or request signature';
  return new Refusal(401, text, { cserrorcode: null, unknownCommand });
}

export function notPermitted(command: string): Refusal {
  return new Refusal(401, `The given command '${command}' either does not exist, is not available for user.`);
}

export function throttled(milliseconds: number): Refusal {
  const text = `The given user has reached his/her account api limit, please retry after [${milliseconds}] ms.`;
  return new Refusal(429, text, { retryAfterMs: milliseconds });
}

/** A parameter that is missing or wrong. */
export function refusedParameter(text: string): Refusal {
  return new Refusal(431, text, { cserrorcode: 4350 });
}

export function foreign(text: string): Refusal {
  return new Refusal(531, text, { cserrorcode: 4365 });
}

/** Body of an error as the server serialises it (sheet 4.1). */
export function refusalBody(refusal: Refusal): Readonly<Record<string, unknown>> {
  return {
    uuidList: [],
    errorcode: refusal.code,
    ...(refusal.cserrorcode === null ? {} : { cserrorcode: refusal.cserrorcode }),
    errortext: refusal.message,
  };
}
