using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>One HTTP request within one deadline, over connections that are kept alive and shared by all sessions.</summary>
    internal static class Transport
    {
        /// <summary>Idle connections kept per process and server.</summary>
        private const int KeptMax = 8;

        private static readonly ConcurrentDictionary<string, ConcurrentStack<Connection>> Idle =
            new ConcurrentDictionary<string, ConcurrentStack<Connection>>();

        /// <summary>A GET, or with a body a POST of JSON.</summary>
        /// <exception cref="TimeoutException">When the answer isn't complete in time.</exception>
        /// <exception cref="BrokenAnswerException">When what comes is no complete answer.</exception>
        /// <exception cref="Exception">When there is no connection, or it ends before an answer begins.</exception>
        public static async Task<Answer> Send(Address address, string apiKey, string target, byte[] body, Deadline deadline)
        {
            byte[] request = Bytes(address, apiKey, target, body);
            Connection kept = Take(address);
            if (kept != null)
            {
                try
                {
                    return await Exchange(address, kept, request, deadline).ConfigureAwait(false);
                }
                catch (Exception failed) when (!(failed is TimeoutException || failed is BrokenAnswerException))
                {
                    // Closed while it was idle, or under the request: that is no failure, a new one will do.
                }
            }
            Connection connection = await Connection.Open(address, deadline).ConfigureAwait(false);
            return await Exchange(address, connection, request, deadline).ConfigureAwait(false);
        }

        /// <summary>Closes what is kept: a connection that gave somebody else's answer is out of step.</summary>
        public static void Forget(Address address)
        {
            for (Connection kept = Take(address); kept != null; kept = Take(address)) kept.Close();
        }

        private static async Task<Answer> Exchange(
            Address address, Connection connection, byte[] request, Deadline deadline)
        {
            Answer answer = await connection.Exchange(request, deadline).ConfigureAwait(false);
            ConcurrentStack<Connection> idle = IdleOf(address);
            if (answer.KeepsAlive && idle.Count < KeptMax) idle.Push(connection);
            else connection.Close();
            return answer;
        }

        /// <summary>The one that was used last: those that are used seldom are closed by the server.</summary>
        private static Connection Take(Address address)
        {
            Connection kept;
            while (IdleOf(address).TryPop(out kept))
            {
                if (!kept.IsStale) return kept;
                kept.Close();
            }
            return null;
        }

        private static ConcurrentStack<Connection> IdleOf(Address address)
        {
            string server = (address.IsTls ? "https://" : "http://") + address.Authority;
            return Idle.GetOrAdd(server, _ => new ConcurrentStack<Connection>());
        }

        private static byte[] Bytes(Address address, string apiKey, string target, byte[] body)
        {
            var head = new StringBuilder(body == null ? "GET " : "POST ");
            head.Append(address.Path).Append(target).Append(" HTTP/1.1\r\nHost: ").Append(address.Authority);
            head.Append("\r\nAccept: application/json\r\n");
            if (apiKey != null) head.Append("Authorization: Bearer ").Append(apiKey).Append("\r\n");
            if (body != null)
            {
                head.Append("Content-Type: application/json\r\nContent-Length: ").Append(body.Length).Append("\r\n");
            }
            byte[] bytes = Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
            return body == null ? bytes : bytes.Concat(body).ToArray();
        }
    }
}
