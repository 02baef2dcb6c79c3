import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/**
 * PORT FILE WIRE_VERSION HOST: serves until standard input ends. What it acknowledged is in FILE, whatever ends the process.
 * While a file FILE.full exists it refuses writes as a server with a full disk does.
 */
class ServeMongo {
  public static void main(String[] args) throws Exception {
    // Its threads would go on without it.
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> { System.err.println(error); System.exit(1); });
    String file = args[1];
    int wireVersion = Integer.parseInt(args[2]);
    MVStore store = new MVStore.Builder().fileName(file).autoCommitDisabled().open();
    H2Backend backend = new H2Backend(store) {
      @Override
      protected MongoDatabase openOrCreateDatabase(String name) {
        return new H2Database(name, store, getCursorRegistry()) {
          @Override
          protected Index<Object> openOrCreateUniqueIndex(String collection, String index, List<IndexKey> keys, boolean isSparse) {
            // H2 keeps one open map for each name, which is then the index's.
            store.openMap(getDatabaseName() + "." + collection + "._index_" + index, new MVMap.Builder<Object, Object>().keyType(new TextKeys()));
            return super.openOrCreateUniqueIndex(collection, index, keys, isSparse);
          }
        };
      }

      @Override
      public Document handleMessage(MongoMessage message) {
        String command = message.getDocument().keySet().iterator().next();
        if (!Set.of("insert", "update", "delete", "findAndModify").contains(command)) return super.handleMessage(message);
        if (!command.equals("delete") && Files.exists(Path.of(file + ".full"))) return refusal();
        // One at a time: nothing that is half done is committed by another.
        synchronized (this) {
          Document reply = super.handleMessage(message);
          commit();
          return reply;
        }
      }
    };
    backend.version(new MongoVersion() {
      public List<Integer> getVersionArray() { return List.of(wireVersion < 9 ? 4 : 6, wireVersion < 9 ? 2 : 0, 0, 0); }
      public int getWireVersion() { return wireVersion; }
    });
    MongoServer server = new MongoServer(backend);
    server.bind(args[3], Integer.parseInt(args[0]));
    System.out.println("ready " + server.getLocalAddress().getPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }

  private static Document refusal() {
    return new Document("ok", 0).append("code", 14031).append("codeName", "OutOfDiskSpace").append("errmsg", "No space left on device");
  }
}
