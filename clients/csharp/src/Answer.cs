using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>An answer of HTTP/1.1.</summary>
    internal sealed class Answer
    {
        /// <summary>An answer to the largest batch has a tenth of that.</summary>
        private const int BodyBytesMax = 1048576;
        private const int HeadBytesMax = 65536;

        private static readonly Regex StatusLine = new Regex(@"^HTTP/1\.([01]) ([0-9]{3})(?: .*)?$");
        private static readonly Regex Length = new Regex("^[0-9]{1,9}$");
        private static readonly Regex ChunkSize = new Regex(@"^([0-9A-Fa-f]{1,7})[ \t]*(?:;.*)?$");

        public readonly int Status;
        public readonly byte[] Body;
        /// <summary>Whether the connection is ready for the next request.</summary>
        public readonly bool KeepsAlive;

        private Answer(int status, byte[] body, bool keepsAlive)
        {
            Status = status;
            Body = body;
            KeepsAlive = keepsAlive;
        }

        /// <summary>Waits for the answer.</summary>
        /// <exception cref="BrokenAnswerException">For what is no answer, or less than a whole one.</exception>
        /// <exception cref="IOException">When the connection ends before an answer begins.</exception>
        public static async Task<Answer> Read(Incoming incoming)
        {
            Match line;
            Dictionary<string, string> headers;
            int status;
            do
            {
                line = StatusLine.Match(await incoming.Line(HeadBytesMax).ConfigureAwait(false));
                if (!line.Success) throw new BrokenAnswerException("Expected an answer of HTTP/1.1, got something else");
                status = int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture);
                headers = await Headers(incoming).ConfigureAwait(false);
            } while (status < 200); // An interim answer is passed over.
            try
            {
                string asked = Header(headers, "connection").ToLowerInvariant();
                bool lasts = !asked.Contains("close") && (line.Groups[1].Value == "1" || asked.Contains("keep-alive"));
                byte[] body = await ReadBody(incoming, status, headers).ConfigureAwait(false);
                // What nobody asked for must not be taken for the next answer.
                return new Answer(status, body, lasts && !incoming.HasEnded && incoming.IsRead);
            }
            catch (BrokenAnswerException broken)
            {
                broken.Status = status;
                throw;
            }
        }

        private static async Task<byte[]> ReadBody(Incoming incoming, int status, Dictionary<string, string> headers)
        {
            var body = new MemoryStream();
            string length = status == 204 || status == 304 ? "0" : Header(headers, "content-length");
            if (Header(headers, "transfer-encoding").ToLowerInvariant().EndsWith("chunked", StringComparison.Ordinal))
            {
                await ReadChunks(incoming, body).ConfigureAwait(false);
            }
            else if (length == "")
            {
                while (await incoming.TakeSome(body, BodyBytesMax + 1).ConfigureAwait(false)) CheckSize(body.Length);
            }
            else
            {
                if (!Length.IsMatch(length)) throw new BrokenAnswerException("Expected a length, got " + length);
                await Take(incoming, body, int.Parse(length, CultureInfo.InvariantCulture)).ConfigureAwait(false);
            }
            return body.ToArray();
        }

        private static async Task ReadChunks(Incoming incoming, MemoryStream body)
        {
            while (true)
            {
                Match size = ChunkSize.Match(await incoming.Line(HeadBytesMax).ConfigureAwait(false));
                if (!size.Success) throw new BrokenAnswerException("Expected the size of a chunk, got something else");
                int length = int.Parse(size.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (length == 0) break;
                await Take(incoming, body, length).ConfigureAwait(false);
                string end = await incoming.Line(HeadBytesMax).ConfigureAwait(false);
                if (end != "") throw new BrokenAnswerException("Expected the end of a chunk, got more");
            }
            await Headers(incoming).ConfigureAwait(false); // Trailers end as headers do.
        }

        private static async Task Take(Incoming incoming, MemoryStream body, int length)
        {
            long whole = body.Length + length;
            CheckSize(whole);
            while (body.Length < whole)
            {
                bool came = await incoming.TakeSome(body, (int)(whole - body.Length)).ConfigureAwait(false);
                if (!came) throw Incoming.TooShort();
            }
        }

        private static async Task<Dictionary<string, string>> Headers(Incoming incoming)
        {
            var headers = new Dictionary<string, string>();
            int left = HeadBytesMax;
            while (true)
            {
                string line = await incoming.Line(left).ConfigureAwait(false);
                if (line == "") return headers;
                left -= line.Length;
                int colon = line.IndexOf(':');
                if (colon > 0) headers[line.Substring(0, colon).ToLowerInvariant()] = line.Substring(colon + 1).Trim();
            }
        }

        private static string Header(Dictionary<string, string> headers, string name)
        {
            string value;
            return headers.TryGetValue(name, out value) ? value : "";
        }

        private static void CheckSize(long length)
        {
            if (length > BodyBytesMax)
            {
                throw new BrokenAnswerException("Expected at most " + BodyBytesMax + " bytes, got more");
            }
        }
    }

    /// <summary>What came is no complete answer.</summary>
    internal sealed class BrokenAnswerException : IOException
    {
        /// <summary>Of HTTP; null where even that did not come.</summary>
        public int? Status;

        public BrokenAnswerException(string message) : base(message)
        {
        }
    }
}
