import de.bwaldvogel.mongo.backend.KeyValue;
import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.ObjectDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * The keys of an index: those of a single text stand first, in their order, and are kept as text. H2 by itself knows of no key what it is, so that
 * it compares any two by writing out both as Java objects: at each step of each search, which took most of the server's time.
 */
class TextKeys extends ObjectDataType {
  private static final byte TEXT = 0;
  private static final byte OTHER = 1;
  private static final StringDataType texts = StringDataType.INSTANCE;

  @Override
  public int compare(Object a, Object b) {
    String first = textOf(a);
    String second = textOf(b);
    if (first != null && second != null) return first.compareTo(second);
    if (first == null && second == null) return super.compare(a, b);
    return first != null ? -1 : 1;
  }

  @Override
  public int getMemory(Object key) {
    String text = textOf(key);
    return text == null ? super.getMemory(key) : texts.getMemory(text);
  }

  @Override
  public void write(WriteBuffer buffer, Object key) {
    String text = textOf(key);
    buffer.put(text == null ? OTHER : TEXT);
    if (text == null) super.write(buffer, key);
    else texts.write(buffer, text);
  }

  @Override
  public Object read(ByteBuffer buffer) {
    return buffer.get() == TEXT ? new KeyValue(texts.read(buffer)) : super.read(buffer);
  }

  private static String textOf(Object key) {
    return key instanceof KeyValue value && value.size() == 1 && value.get(0) instanceof String text ? text : null;
  }
}
