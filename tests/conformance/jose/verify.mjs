// node verify.mjs < [{"token", "jwk", "now"}]
// For each token what npm jose makes of it, a line of JSON: the algorithms of Open Badges, the claims that a credential's
// JWT must have, and that they are the credential's own. Exits 0; 2 on wrong usage.
import './webcrypto.mjs';
import {readFileSync} from 'node:fs';
import {compactVerify, importJWK, jwtVerify} from 'jose';

const algorithms = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];
const seconds = text => Math.floor(Date.parse(text) / 1000);

for(const {token, jwk, now, plain} of JSON.parse(readFileSync(0, 'utf8'))) {
  let verdict;
  try {
    const {alg} = JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
    const key = await importJWK(jwk, alg);
    if(plain) {
      const {payload} = await compactVerify(token, key, {algorithms});
      verdict = {verified: true, payload: Buffer.from(payload).toString('base64')};
    } else {
      const {payload} = await jwtVerify(token, key, {
        algorithms, currentDate: new Date(now), requiredClaims: ['iss', 'sub', 'nbf', 'jti'], typ: 'JWT'
      });
      const {issuer, credentialSubject, id, validFrom, validUntil} = payload;
      const same = payload.iss === issuer.id && payload.sub === credentialSubject.id && payload.jti === id &&
        payload.nbf === seconds(validFrom) && (validUntil === undefined || payload.exp === seconds(validUntil));
      verdict = {verified: same, reasons: same ? [] : ['the claims are not the credential\'s']};
    }
  } catch(error) {
    verdict = {verified: false, reasons: [`${error.code ?? ''} ${error.message}`]};
  }
  console.log(JSON.stringify(verdict));
}
