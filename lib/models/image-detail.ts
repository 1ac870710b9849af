import { type Maybe, requireText } from './fields.ts';

/** The image a server was made from. */
export interface ImageDetailFields {
  readonly id: string;
  readonly name?: Maybe<string>;
  /** `Windows` or `Linux`. */
  readonly type?: Maybe<string>;
  readonly distribution?: Maybe<string>;
  readonly version?: Maybe<string>;
  readonly architecture?: Maybe<string>;
}

export interface ImageDetail {
  readonly id: string;
  readonly name: string | null;
  readonly architecture: string | null;
  readonly distribution: string | null;
  readonly type: string | null;
  readonly version: string | null;
}

/** @throws MalformedResponse when the image has no id. */
export function imageDetail(fields: ImageDetailFields, model = 'An image'): ImageDetail {
  return {
    id: requireText(fields.id, model, 'image_detail.id'),
    name: fields.name ?? null,
    architecture: fields.architecture ?? null,
    distribution: fields.distribution ?? null,
    type: fields.type ?? null,
    version: fields.version ?? null,
  };
}
