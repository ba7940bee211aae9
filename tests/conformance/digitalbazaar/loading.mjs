// What both scripts read: contexts from the library's pinned copies, and whatever --map answers. No network.
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const documents = join(here, '..', '..', '..', 'src', 'plaudit', 'documents');

// SOURCES.md is the table of the copies: | file | address | owner | digest |
const contexts = new Map(readFileSync(join(documents, 'SOURCES.md'), 'utf8')
  .split('\n')
  .map(line => line.split('|').map(cell => cell.trim()))
  .filter(cells => cells[1]?.endsWith('.json'))
  .map(cells => [cells[2], join(documents, cells[1])]));

const answer = (url, document) => ({contextUrl: null, documentUrl: url, document});

export const contextLoader = async url => {
  if(!contexts.has(url)) {
    throw new Error(`not mapped: ${url}`);
  }
  return answer(url, JSON.parse(readFileSync(contexts.get(url), 'utf8')));
};

const didWebAddress = did => {
  const [host, ...path] = did.slice('did:web:'.length).split(':').map(decodeURIComponent);
  return `https://${host}/${path.join('/') || '.well-known'}/did.json`;
};

const didKeyDocument = did => {
  const key = did.slice('did:key:'.length);
  const id = `${did}#${key}`;
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    verificationMethod: [{id, type: 'Multikey', controller: did, publicKeyMultibase: key}],
    assertionMethod: [id]
  };
};

// A loader for one verification: contexts, mapped files, DID documents and the methods in them.
export const loaderFor = maps => {
  const mapped = url => {
    if(!maps.has(url)) {
      throw new Error(`not mapped: ${url}`);
    }
    return JSON.parse(readFileSync(maps.get(url), 'utf8'));
  };
  const controller = id => {
    if(id.startsWith('did:key:')) {
      return didKeyDocument(id);
    }
    return mapped(id.startsWith('did:web:') ? didWebAddress(id) : id);
  };
  return async url => {
    if(contexts.has(url)) {
      return contextLoader(url);
    }
    const [base, fragment] = url.split('#');
    const document = controller(base);
    if(fragment === undefined) {
      return answer(url, document);
    }
    const method = (document.verificationMethod || []).find(entry => entry.id === url);
    if(!method) {
      throw new Error(`no such method: ${url}`);
    }
    return answer(url, {'@context': 'https://w3id.org/security/multikey/v1', ...method});
  };
};
