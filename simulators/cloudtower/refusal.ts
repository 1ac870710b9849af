/** An answer that is an error (sheet 1.3). */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function refusal(status: number, message: string): Refusal {
  return new Refusal(status, message);
}

/** The body, as the description has it. */
export function errorBody({ message, status }: Refusal, path: string): Readonly<Record<string, unknown>> {
  return { message, status, path };
}
