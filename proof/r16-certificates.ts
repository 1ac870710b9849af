import { createCertificate } from '../test/support/http-server.ts';

/** Where the servers of this proof listen. */
const HERE = '127.0.0.1';

/** The certificates of one round: what a server shows, and which authorities an account may trust. */
export interface Certificates {
  /** By the name of the server that shows them. */
  readonly shown: Readonly<Record<ServerName, { readonly cert: string; readonly key: string }>>;
  /** Certificates in PEM, as an account's `ca_bundle`. */
  readonly bundles: Readonly<Record<'right' | 'other' | 'both' | 'self-signed', string>>;
}

export type ServerName =
  | 'good'
  | 'self-signed'
  | 'wrong host'
  | 'expired'
  | 'not yet valid'
  | 'with its root'
  | 'forged';

/** Makes the keys and certificates of one round. */
export function makeCertificates(): Certificates {
  const right = createCertificate({ name: 'Authority' });
  const other = createCertificate({ name: 'Another authority' });
  const forger = createCertificate({ name: 'Authority' });
  const leaf = (options: Partial<Parameters<typeof createCertificate>[0]> = {}) =>
    createCertificate({ name: 'cloud', addresses: [HERE], issuer: right, ...options });
  const good = leaf();
  const { key, cert } = leaf();
  const selfSigned = createCertificate({ name: 'cloud', addresses: [HERE] });
  return {
    shown: {
      good,
      'self-signed': selfSigned,
      'wrong host': leaf({ addresses: ['127.0.0.9'] }),
      expired: leaf({ notAfter: '210101000000Z' }),
      'not yet valid': leaf({ notBefore: '480101000000Z' }),
      'with its root': { key, cert: cert + right.cert },
      forged: leaf({ issuer: forger }),
    },
    bundles: {
      right: right.cert,
      other: other.cert,
      both: other.cert + right.cert,
      'self-signed': selfSigned.cert,
    },
  };
}
