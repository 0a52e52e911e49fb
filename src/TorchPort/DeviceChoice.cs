using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace TorchPort;

/// <summary>The device that the program computes on.</summary>
internal static class DeviceChoice
{
    /// <summary>Whether a word names a device: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    internal static bool IsDevice(string word) =>
        word is "auto" or "cpu" or "cuda"
        || (word.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(word.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>The device that a word accepted by <see cref="IsDevice"/> stands for, once libtorch is loaded.</summary>
    /// <exception cref="TroubleException">There is no such device here; the message says what to do.</exception>
    internal static torch.Device Choose(string word)
    {
        var isAutoWithoutCuda = word == "auto" && (Backend.Name == "cpu" || !torch.cuda.is_available());
        if (word == "cpu" || isAutoWithoutCuda)
        {
            return torch.CPU;
        }

        if (WhyNoCuda() is { } reason)
        {
            throw new TroubleException($"--device {word}: {reason}");
        }

        var device = torch.device(word == "auto" ? "cuda" : word);
        var count = torch.cuda.device_count();
        return device.index < count
            ? device
            : throw new TroubleException($"--device {word}: this machine has {count} CUDA GPU(s), counted from cuda:0.");
    }

    private static string? WhyNoCuda()
    {
        if (Backend.Name == "cpu")
        {
            var cure = OperatingSystem.IsLinux()
                ? "Build the CUDA version with -p:TorchBackend=cuda, or run with --device cpu."
                : "CUDA needs Linux x64 here: run with --device cpu.";
            return $"this build carries libtorch for the CPU only.\n{cure}";
        }

        if (!NativeLibrary.TryLoad("torch_cuda", typeof(torch).Assembly, null, out _))
        {
            return Backend.Name == "cuda"
                ? $"libtorch's library for CUDA will not load.\n{Backend.AdviceOnMissing}"
                : "the libtorch that was found is for the CPU only.\nPut one for CUDA on that path, or take --device cpu.";
        }

        return torch.cuda.is_available()
            ? null
            : "no CUDA GPU answers on this machine.\nSee whether nvidia-smi lists one, or run with --device cpu.";
    }
}
