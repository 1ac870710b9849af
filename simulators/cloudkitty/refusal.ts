/** How an error is written: by v1's web service, by v1's router, by v2, by the middleware, or as a page. */
export type Shape = 'wsme' | 'pecan' | 'v2' | 'keystone' | 'middleware' | 'html';

/** A call that is not answered as it wished. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly shape: Shape;

  constructor(status: number, shape: Shape, message: string) {
    super(message);
    this.status = status;
    this.shape = shape;
  }
}

/** The body of an error, in each of the six forms that were recorded (sheet 3.1). */
export function refusalBody({ status, shape, message }: Refusal): unknown {
  switch (shape) {
    case 'wsme':
      return { faultcode: status >= 500 ? 'Server' : 'Client', faultstring: message, debuginfo: null };
    case 'pecan':
      return {
        code: status,
        title: status === 403 ? 'Forbidden' : 'Method Not Allowed',
        description: message,
      };
    case 'keystone':
      return { error: { code: status, title: 'Unauthorized', message } };
    case 'middleware':
      return { message, code: '503 Service Unavailable', title: 'Service Unavailable' };
    case 'v2':
      return { message };
    case 'html':
      return `<!doctype html>\n<html lang=en>\n<title>${status} Not Found</title>\n<h1>Not Found</h1>\n<p>${message}</p>\n`;
  }
}

export const unauthorised = () =>
  new Refusal(401, 'keystone', 'The request you have made requires authentication.');
export const notFoundPage = () => new Refusal(404, 'html', 'The requested URL was not found on the server.');
export const notOffered = () => new Refusal(405, 'pecan', '');
export const nothingFound = () => new Refusal(404, 'v2', 'No resource found for provided filters.');
export const forbidden = (policy: string | null) =>
  policy === null
    ? new Refusal(403, 'v2', 'You are not authorized to perform this action')
    : new Refusal(403, 'wsme', `Policy doesn't allow ${policy} to be performed.`);
