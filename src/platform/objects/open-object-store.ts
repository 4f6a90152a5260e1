import type { StoreConfig } from '../../config/config.js';
import type { ObjectStore } from '../../ports/object-store.js';
import { FolderObjectStore } from './folder-object-store.js';
import { S3ObjectStore } from './s3-object-store.js';

/** The store that the configuration asks for; nothing is touched before its first use. */
export function openObjectStore(config: StoreConfig): ObjectStore {
  switch (config.kind) {
    case 'folder':
      return new FolderObjectStore(config.dir);
    case 's3':
      return new S3ObjectStore(config);
  }
}
