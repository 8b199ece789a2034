import { create, createFileRegistry, type DescFile, type DescMessage } from '@bufbuild/protobuf';
import {
  FeatureSet_Utf8Validation,
  FeatureSetSchema,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  FileOptionsSchema,
} from '@bufbuild/protobuf/wkt';

/**
 * The same message type, but invalid UTF-8 in its strings is read as U+FFFD. proto3 rejects the whole message: then one
 * invalid byte in one record would lose all records of a batch, as the collector does not send them again.
 */
export function lenientUtf8<Message extends DescMessage>(strict: Message): Message {
  const files = new Map<string, FileDescriptorProto>();
  const options = create(FileOptionsSchema, {
    features: create(FeatureSetSchema, { utf8Validation: FeatureSet_Utf8Validation.NONE }),
  });
  const add = (file: DescFile) => {
    file.dependencies.forEach(add);
    files.set(file.name, { ...file.proto, options });
  };
  add(strict.file);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files.values()] }));
  return registry.getMessage(strict.typeName) as Message;
}
