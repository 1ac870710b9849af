/** Codes of ISO 4217 that name no money in circulation, which the runtime's own list leaves out. */
const units = [
  ...['BOV', 'CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW', 'VED'],
  ...['XAD', 'XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX'],
];

const codes = new Set([...Intl.supportedValuesOf('currency'), ...units]);

/** Whether a text is a currency's ISO 4217 code, in capitals as the standard writes it. */
export function isCurrency(code: string): boolean {
  return codes.has(code);
}
