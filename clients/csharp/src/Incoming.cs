using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>What comes of one answer, by lines and lengths. Every byte is read once, in however many pieces it comes.</summary>
    internal sealed class Incoming
    {
        private const int ReadBytes = 8192;

        private static readonly Encoding Latin1 = Encoding.GetEncoding("iso-8859-1");

        private readonly Stream stream;
        private readonly byte[] bytes = new byte[ReadBytes];
        private int at;
        private int count;
        private bool hasBegun;

        public Incoming(Stream stream)
        {
            this.stream = stream;
        }

        /// <summary>Whether nothing more can come.</summary>
        public bool HasEnded { get; private set; }

        /// <summary>Whether all that came was asked for.</summary>
        public bool IsRead
        {
            get { return at == count; }
        }

        public static BrokenAnswerException TooShort()
        {
            return new BrokenAnswerException("Expected a whole answer, got the end of the connection");
        }

        /// <summary>A line, without its line feed and carriage return.</summary>
        /// <exception cref="BrokenAnswerException">For more than <paramref name="bytesMax"/> without an end.</exception>
        /// <exception cref="IOException">When the connection ends before anything came.</exception>
        public async Task<string> Line(int bytesMax)
        {
            var line = new StringBuilder();
            while (true)
            {
                if (!await HasMore().ConfigureAwait(false))
                {
                    throw hasBegun ? TooShort() : new IOException("Expected an answer, got the end of the connection");
                }
                int feed = Array.IndexOf(bytes, (byte)'\n', at, count - at);
                int end = feed < 0 ? count : feed;
                if (line.Length + end - at > bytesMax)
                {
                    throw new BrokenAnswerException("Expected at most " + bytesMax + " bytes of head, got more");
                }
                line.Append(Latin1.GetString(bytes, at, end - at));
                at = feed < 0 ? count : feed + 1;
                if (feed < 0) continue;
                if (line.Length > 0 && line[line.Length - 1] == '\r') line.Length--;
                return line.ToString();
            }
        }

        /// <summary>Some of what comes next, at most so many bytes; false at the end of the connection.</summary>
        public async Task<bool> TakeSome(MemoryStream into, int bytesMax)
        {
            if (!await HasMore().ConfigureAwait(false)) return false;
            int taken = Math.Min(bytesMax, count - at);
            into.Write(bytes, at, taken);
            at += taken;
            return true;
        }

        private async Task<bool> HasMore()
        {
            if (at < count) return true;
            at = 0;
            try
            {
                count = await stream.ReadAsync(bytes, 0, bytes.Length).ConfigureAwait(false);
            }
            catch (IOException) when (hasBegun)
            {
                // A connection that breaks after an answer began is one that ended.
                count = 0;
            }
            hasBegun |= count > 0;
            HasEnded = count == 0;
            return count > 0;
        }
    }
}
