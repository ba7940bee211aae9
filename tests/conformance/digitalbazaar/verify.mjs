// node verify.mjs F.json... [--map URL=FILE]... [--now ISO]
// node verify.mjs --jobs JOBS.json, an array of {"file", "maps": {URL: FILE}, "now"}
// The judgement of @digitalbazaar/vc on each file, offline: a line of JSON each; exits 0 if all are accepted,
// 1 if one is refused, 2 on wrong usage.
import './webcrypto.mjs';
import {setClock} from './clock.mjs';
import {readFileSync} from 'node:fs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus as checkBit} from '@digitalbazaar/vc-bitstring-status-list';
import {verifyCredential} from '@digitalbazaar/vc';
import {loaderFor} from './loading.mjs';

const jobs = [];
const files = [];
const maps = new Map();
let now;
for(let args = process.argv.slice(2); args.length > 0;) {
  const arg = args.shift();
  if(arg === '--map') {
    const text = args.shift() ?? '';
    const cut = text.lastIndexOf('=');
    maps.set(text.slice(0, cut), text.slice(cut + 1));
  } else if(arg === '--now') {
    now = args.shift();
  } else if(arg === '--jobs') {
    for(const job of JSON.parse(readFileSync(args.shift(), 'utf8'))) {
      jobs.push({...job, maps: new Map(Object.entries(job.maps))});
    }
  } else {
    files.push(arg);
  }
}
jobs.push(...files.map(file => ({file, maps, now})));
if(jobs.length === 0) {
  console.error('usage: node verify.mjs F.json... [--map URL=FILE]... [--now ISO] | --jobs JOBS.json');
  process.exit(2);
}

const suite = () => new DataIntegrityProof({cryptosuite});

// The package answers verified: true for a bit that is set; the truth is in `status`.
const checkStatus = async ({credential, documentLoader}) => {
  const purposes = [credential.credentialStatus].flat().map(entry => entry.statusPurpose);
  const results = [];
  for(const statusPurpose of purposes) {
    const found = await checkBit({
      credential: {...credential, credentialStatus: [credential.credentialStatus].flat()
        .find(entry => entry.statusPurpose === statusPurpose)},
      documentLoader, suite: suite(), verifyBitstringStatusListCredential: true,
      verifyMatchingIssuers: true
    });
    results.push(found);
  }
  const verified = results.every(
    found => found.verified && (found.results ?? []).every(result => result.status === false));
  return {verified, results, error: results.find(found => found.error)?.error};
};

const reasons = error => error
  ? [error.message, ...(error.errors ?? []).flatMap(reasons), ...reasons(error.cause)] : [];

let refused = false;
for(const job of jobs) {
  const {file} = job;
  const documentLoader = loaderFor(job.maps);
  let verdict;
  setClock(job.now);
  try {
    const credential = JSON.parse(readFileSync(file, 'utf8'));
    const result = await verifyCredential({
      credential, suite: suite(), documentLoader, checkStatus, ...(job.now ? {now: new Date(job.now)} : {})});
    const verified = result.verified && (result.statusResult?.verified ?? true);
    verdict = {file, verified, reasons: verified ? [] : reasons(result.error ?? result.statusResult?.error)};
  } catch(error) {
    verdict = {file, verified: false, reasons: reasons(error)};
  }
  refused ||= !verdict.verified;
  console.log(JSON.stringify(verdict));
}
process.exit(refused ? 1 : 0);
