using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;

namespace SixpackAb.Tests
{
    /// <summary>A server of the conformance cases: a program that prints its port and ends when its stdin closes.</summary>
    internal sealed class TestServer : IDisposable
    {
        /// <summary>Of the repository; tests are run in the folder of the client.</summary>
        public static readonly string Root = Path.GetFullPath("../..");

        public readonly string Port;
        private readonly Process process;

        private TestServer(string arguments)
        {
            process = Process.Start(new ProcessStartInfo("node", arguments)
            {
                WorkingDirectory = Root,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            });
            Port = process.StandardOutput.ReadLine();
            if (Port == null) throw new IOException("Expected a server to print its port, got nothing");
        }

        public string Url
        {
            get { return "http://127.0.0.1:" + Port; }
        }

        public static TestServer Misbehaving()
        {
            return new TestServer("conformance/misbehaving-server.mjs");
        }

        /// <param name="port">An earlier server's, to come back where it was.</param>
        /// <param name="folder">Where it finds what it knew; in memory without.</param>
        public static TestServer Real(string port = "0", string folder = "")
        {
            return new TestServer("--import tsx conformance/real-server.ts " + port + " " + folder);
        }

        /// <summary>Calls that the misbehaving server saw under a token.</summary>
        public List<object> Seen(string token)
        {
            return (List<object>)Get("/requests/" + token);
        }

        public Dictionary<string, object> Details(string experiment)
        {
            return (Dictionary<string, object>)Get("/experiments/" + Text.PercentEncoded(experiment));
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
        }

        private object Get(string path)
        {
            using (var client = new WebClient()) return Json.Read(Text.Utf8(client.DownloadData(Url + path)));
        }
    }
}
