// node suites.mjs < [{"suite", "document", "key"?, "pointers"?, "mandatory"?}]
// With a "key" (Multikeys: {"id", "controller", "public", "secret"}) the document is signed, without one its proof is
// verified, by the suite of @digitalbazaar that is named. ecdsa-sd-2023 signs and then shows the "pointers".
// A line of JSON each: {"document"}, {"verified", "reasons"} or {"error"}.
import './webcrypto.mjs';
import {readFileSync} from 'node:fs';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as sd from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {Ed25519VerificationKey2020} from '@digitalbazaar/ed25519-verification-key-2020';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import jsigs from 'jsonld-signatures';
import {loaderFor} from './loading.mjs';

const jcs = eddsaJcs.cryptosuite ?? eddsaJcs.createVerifyCryptosuite();
const cryptosuites = {
  'eddsa-rdfc-2022': () => eddsaRdfc,
  'eddsa-jcs-2022': () => jcs,
  'ecdsa-rdfc-2019': () => ecdsaRdfc
};
const purpose = () => new jsigs.purposes.AssertionProofPurpose();
const documentLoader = loaderFor(new Map());

const signerOf = async ({id, controller, public: publicKeyMultibase, secret: secretKeyMultibase}) => {
  const kind = publicKeyMultibase.startsWith('z6Mk') ? Ed25519Multikey : EcdsaMultikey;
  const pair = await kind.from(
    {type: 'Multikey', id, controller, publicKeyMultibase, secretKeyMultibase}, {keyAgreement: false});
  return pair.signer();
};

const sign = async ({suite: name, document, key, mandatory = [], pointers = []}) => {
  const date = new Date('2026-11-21T12:00:00Z');
  if(name === 'Ed25519Signature2020') {
    const suite = new Ed25519Signature2020({signer: await signerOf(key), date,
      key: await Ed25519VerificationKey2020.from({id: key.id, controller: key.controller,
        publicKeyMultibase: key.public, type: 'Ed25519VerificationKey2020'})});
    suite.signer = await signerOf(key);
    return jsigs.sign(document, {suite, purpose: purpose(), documentLoader});
  }
  const signer = await signerOf(key);
  if(name !== 'ecdsa-sd-2023') {
    const suite = new DataIntegrityProof({signer, date, cryptosuite: cryptosuites[name]()});
    return jsigs.sign(document, {suite, purpose: purpose(), documentLoader});
  }
  const base = new DataIntegrityProof(
    {signer, date, cryptosuite: sd.createSignCryptosuite({mandatoryPointers: mandatory})});
  const signed = await jsigs.sign(document, {suite: base, purpose: purpose(), documentLoader});
  const disclosing = new DataIntegrityProof(
    {cryptosuite: sd.createDiscloseCryptosuite({selectivePointers: pointers})});
  return jsigs.derive(signed, {suite: disclosing, purpose: purpose(), documentLoader});
};

const verify = async ({suite: name, document}) => {
  const suite = name === 'Ed25519Signature2020' ? new Ed25519Signature2020() : new DataIntegrityProof(
    {cryptosuite: name === 'ecdsa-sd-2023' ? sd.createVerifyCryptosuite() : cryptosuites[name]()});
  const result = await jsigs.verify(document, {suite, purpose: purpose(), documentLoader});
  return {verified: result.verified, reasons: (result.error?.errors ?? []).map(error => error.message)};
};

for(const job of JSON.parse(readFileSync(0, 'utf8'))) {
  let answer;
  try {
    answer = job.key ? {document: await sign(job)} : await verify(job);
  } catch(error) {
    answer = {error: `${error.name}: ${error.message} ${error.cause?.message ?? ''}`};
  }
  console.log(JSON.stringify(answer));
}
