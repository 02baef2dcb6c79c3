import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.ByteBufferInputStream;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog.TxnIterator;
import org.apache.zookeeper.txn.CheckVersionTxn;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.DeleteTxn;
import org.apache.zookeeper.txn.MultiTxn;
import org.apache.zookeeper.txn.SetDataTxn;
import org.apache.zookeeper.txn.Txn;

/**
 * DIRECTORY: what a server's transaction log holds, one transaction a line, fields separated by tabs: number and session (hexadecimal), then its operations:
 * "create PATH", "ephemeral PATH", "remove PATH", "set PATH", "check PATH", or "end" for the session's end, which removes its ephemeral nodes.
 */
class PrintTransactions {
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(new java.io.BufferedOutputStream(System.out, 1 << 16));
    FileTxnLog log = new FileTxnLog(new File(args[0], "version-2"));
    try (TxnIterator entries = log.read(0)) {
      boolean isThere = entries.getHeader() != null;
      while (isThere) {
        StringBuilder line = new StringBuilder();
        if (describe(entries.getHeader().getType(), entries.getTxn(), line)) {
          out.println(Long.toHexString(entries.getHeader().getZxid()) + "\t" + Long.toHexString(entries.getHeader().getClientId()) + line);
        }
        isThere = entries.next();
      }
    }
    out.flush();
  }

  /** False for what changes no node. */
  private static boolean describe(int type, Record record, StringBuilder line) throws IOException {
    switch (type) {
      case OpCode.closeSession: line.append("\tend"); return true;
      case OpCode.create: case OpCode.create2: {
        CreateTxn create = (CreateTxn) record;
        line.append(create.getEphemeral() ? "\tephemeral " : "\tcreate ").append(create.getPath());
        return true;
      }
      case OpCode.delete: line.append("\tremove ").append(((DeleteTxn) record).getPath()); return true;
      case OpCode.setData: line.append("\tset ").append(((SetDataTxn) record).getPath()); return true;
      case OpCode.check: line.append("\tcheck ").append(((CheckVersionTxn) record).getPath()); return true;
      case OpCode.multi: return describeAll(((MultiTxn) record).getTxns(), line);
      default: return false;
    }
  }

  private static boolean describeAll(List<Txn> parts, StringBuilder line) throws IOException {
    for (Txn part : parts) if (part.getType() == OpCode.error) return false;
    for (Txn part : parts) {
      Record record = emptyRecord(part.getType());
      ByteBufferInputStream.byteBuffer2Record(java.nio.ByteBuffer.wrap(part.getData()), record);
      describe(part.getType(), record, line);
    }
    return true;
  }

  private static Record emptyRecord(int type) {
    switch (type) {
      case OpCode.create: case OpCode.create2: return new CreateTxn();
      case OpCode.delete: return new DeleteTxn();
      case OpCode.setData: return new SetDataTxn();
      case OpCode.check: return new CheckVersionTxn();
      default: throw new IllegalArgumentException("Cannot print an operation of type " + type);
    }
  }
}
