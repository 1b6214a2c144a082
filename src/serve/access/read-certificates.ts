import { X509Certificate } from 'node:crypto';
import { DrayError, messageOf } from '#errors';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM bundle. Throws INVALID_CONFIGURATION where there are none, or one cannot be read. */
export function readCertificates(text: string, path: string): readonly X509Certificate[] {
  const blocks = text.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) {
    throw new DrayError('INVALID_CONFIGURATION', `${path} has no certificate in it (PEM: -----BEGIN CERTIFICATE-----)`);
  }
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new DrayError(
        'INVALID_CONFIGURATION',
        `certificate ${at + 1} of ${path} cannot be read: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  });
}
