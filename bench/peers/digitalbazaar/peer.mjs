// node peer.mjs JOB.json: what @digitalbazaar/vc does in a second of processor time, one line of JSON for each work.
// A job has {"secret", "public", "method", "documents", "signed", "web": {URL: FILE}, "now", "seconds", "rounds"}, and
// "schema", 1EdTech's file, with which each badge is checked before its signature; without it that check is left out.
import {readFileSync} from 'node:fs';
import Ajv2019 from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus as checkBit} from '@digitalbazaar/vc-bitstring-status-list';
import {issue, verifyCredential} from '@digitalbazaar/vc';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const web = new Map(Object.entries(job.web).map(([url, file]) => [url, JSON.parse(readFileSync(file, 'utf8'))]));

const documentLoader = async url => {
  const [base, fragment] = url.split('#');
  const document = web.get(url) ?? web.get(base);
  if(!document) {
    throw new Error(`not mapped: ${url}`);
  }
  const method = fragment && document.verificationMethod?.find(entry => entry.id === url);
  return {contextUrl: null, documentUrl: url,
    document: method ? {'@context': 'https://w3id.org/security/multikey/v1', ...method} : document};
};

const key = await Ed25519Multikey.from({
  '@context': 'https://w3id.org/security/multikey/v1', id: job.method, type: 'Multikey',
  controller: job.method.split('#')[0], publicKeyMultibase: job.public, secretKeyMultibase: job.secret});
const signing = new DataIntegrityProof({cryptosuite, signer: key.signer(), date: job.now});
const checking = () => new DataIntegrityProof({cryptosuite});
const checkStatus = async ({credential, documentLoader}) => checkBit({
  credential, documentLoader, suite: checking(), verifyBitstringStatusListCredential: true, verifyMatchingIssuers: true});

let checkSchema = () => true;
if(job.schema) {
  const ajv = new Ajv2019({strict: false});
  addFormats(ajv);
  const {$schema, ...schema} = JSON.parse(readFileSync(job.schema, 'utf8'));
  checkSchema = ajv.compile(schema);
}
const verified = async (credential, more) => {
  if(!checkSchema(credential)) {
    throw new Error(JSON.stringify(checkSchema.errors));
  }
  return verifyCredential({credential, suite: checking(), documentLoader, now, ...more});
};

const now = new Date(job.now);
const works = {
  issue: number => issue({
    credential: structuredClone(job.documents[number % job.documents.length]), suite: signing, documentLoader, now}),
  'verify-plain': async number => {
    const {credentialStatus, ...rest} = job.plain[number % job.plain.length];
    return verified(rest);
  },
  verify: number => verified(job.signed[number % job.signed.length], {checkStatus})
};

for(const [work, run] of Object.entries(works).filter(([name]) => job.works.includes(name))) {
  const figures = [];
  let number = 0;
  for(let round = -1; round < job.rounds; ++round) {
    const {user, system} = process.cpuUsage();
    const begin = performance.now();
    let done = 0;
    while(performance.now() - begin < job.seconds * 1000) {
      const result = await run(number++);
      if(work !== 'issue' && !result.verified) {
        throw result.error;
      }
      done++;
    }
    const spent = process.cpuUsage({user, system});
    if(round >= 0) {
      figures.push({wall: done / (performance.now() - begin) * 1000, cpu: done / (spent.user + spent.system) * 1e6});
    }
  }
  const median = name => figures.map(figure => figure[name]).sort((a, b) => a - b)[figures.length >> 1];
  console.log(JSON.stringify({work, wall: median('wall'), cpu: median('cpu'),
    memory: process.resourceUsage().maxRSS / 1024}));
}
